/** One image of the model's size. */
export interface DecodedImage {
  /** Which one: its path inside the dataset's folder. */
  readonly name: string;
  /** Height and width. */
  readonly size: number;
  /** Red, green, blue per pixel, `[size, size, 3]`; shared with the cache, so never written to. */
  readonly pixels: Uint8Array;
}
