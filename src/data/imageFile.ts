import type { DatasetItem } from './dataset.js';

/** A file that may be an image; nothing of it has been read. */
export interface ImageFile extends DatasetItem {
  readonly path: string;
  /** The path as the file system has it; only where it is not UTF-8, so that `path` and `name` are printable forms. */
  readonly pathBytes?: Buffer;
  /** Path inside the folder, with `/` between the parts. */
  readonly name: string;
  /** `<bytes>/<modified>`. */
  readonly version: string;
  /** Its size. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** The path that the functions of `node:fs` take. */
export function pathOf({ path, pathBytes }: ImageFile): string | Buffer {
  return pathBytes ?? path;
}
