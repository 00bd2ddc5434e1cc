/** One image of the model's size. */
export interface DecodedImage {
  /** Name of its item; for a file, its path inside the dataset's folder. */
  readonly name: string;
  /** Height and width. */
  readonly size: number;
  /**
   * Red, green, blue per pixel, `[size, size, 3]`, or one grey, `[size, size, 1]`; shared with the cache, so do not write to it.
   */
  readonly pixels: Uint8Array;
}
