/** A file that may be an image; nothing of it has been read. */
export interface ImageFile {
  readonly path: string;
  /** Only where the path is no UTF-8: as the file system has it. `path` and `name` are what can be printed of it. */
  readonly pathBytes?: Buffer;
  /** Path inside the folder, with `/` between the parts. */
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}
