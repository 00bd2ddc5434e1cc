/** The forms in which images come, besides a folder of files. */
import type { Dataset } from './dataset.js';

/** What is at a path. */
export interface FoundPath {
  readonly path: string;
  readonly isFolder: boolean;
  /** Whether there is nothing; part of the path may name a file. */
  readonly isMissing: boolean;
  /** The first bytes of a file, some thousands; of a file compressed with gzip, those that it decompresses to. */
  readonly start: Buffer;
  /** Whether the file is compressed with gzip. */
  readonly isGzip: boolean;
}

export interface DataOptions {
  /** Images with more pixels are refused before memory is allocated. */
  readonly maxPixels?: number | undefined;
}

/** A form of data, found by its content. */
export interface DataForm {
  /** Whether it is what was found; looks at content before names. */
  accepts(found: FoundPath): boolean | Promise<boolean>;
  /** The images as a dataset. Errors are those of `items`. */
  open(path: string, options: DataOptions): Dataset;
}
