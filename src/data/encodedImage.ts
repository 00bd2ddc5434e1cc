/** The bytes of an image file, from anywhere. */
export interface EncodedImage {
  /** The whole file, in any format that files of a folder may have. */
  readonly file: Uint8Array;
  /** Images with more pixels are refused before memory is allocated. @default `max_pixels` of the configuration */
  readonly maxPixels?: number | undefined;
}
