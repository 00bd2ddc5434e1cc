/** The emoji of the npm package emoji-datasource-google, every tenth by name held out. */

import type { Dataset } from '../../src/data/dataset.js';
import type { ImageFile } from '../../src/data/imageFile.js';
import { imageFiles } from '../../src/data/imageFiles.js';
import { listImages } from '../../src/data/listImages.js';
import { emojiFolder } from '../emojiFolder.js';

export interface EmojiSplit {
  readonly training: readonly ImageFile[];
  readonly heldOut: readonly ImageFile[];
}

/** The first by name is held out, and then every tenth: 379 of 3,786. */
export async function emojiSplit(): Promise<EmojiSplit> {
  const files = await listImages(emojiFolder);
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    training: sorted.filter((_, i) => i % 10 !== 0),
    heldOut: sorted.filter((_, i) => i % 10 === 0),
  };
}

/** Files as a dataset. */
export function datasetOfFiles(name: string, files: readonly ImageFile[]): Dataset<ImageFile> {
  return { ...imageFiles(), name, items: () => files };
}
