/** A file that may be an image; nothing of it has been read. */
export interface ImageFile {
  readonly path: string;
  /** Path inside the folder, with `/` between the parts. */
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}
