/** An image with a height and a width of its own, not yet of a model's size. */
export interface SizedImage {
  /** Number of pixels in a row. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
  /** Red, green, blue per pixel, `[height, width, 3]`, or one grey, `[height, width, 1]`; row by row. */
  readonly pixels: Uint8Array;
}
