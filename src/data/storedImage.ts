/** How an image is stored, in a file or elsewhere. */
export interface StoredImage {
  /** Name of the format, such as `jpeg`, `png`, or `uint8` for an image of an array. */
  readonly format: string;
  /** Width of the upright image, in pixels. */
  readonly width: number;
  /** Height of the upright image, in pixels. */
  readonly height: number;
  /** Colours of a pixel without alpha: 1 for grey, 3 for all other colours. */
  readonly channels: 1 | 3;
  /** Whether it has an alpha channel. */
  readonly alpha: boolean;
}
