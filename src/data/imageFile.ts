import type { DatasetItem } from './dataset.js';

/** A file that may be an image, before anything of it is read. */
export interface ImageFile extends DatasetItem {
  readonly path: string;
  /** The path as the file system stores it; only set if it is not UTF-8, in which case `path` and `name` are printable forms. */
  readonly pathBytes?: Buffer;
  /** Path inside the folder, with `/` between the parts. */
  readonly name: string;
  /** `<bytes>/<modified>`. */
  readonly version: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** Time of the last change, in milliseconds since 1970. */
  readonly modified: number;
}

/** The path to pass to functions of `node:fs`. */
export function pathOf({ path, pathBytes }: ImageFile): string | Buffer {
  return pathBytes ?? path;
}
