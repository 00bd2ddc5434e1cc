import type { ItemList } from './dataset.js';
import { digest } from './digest.js';
import { type ImageFile, pathOf } from './imageFile.js';
import { itemsOf } from './itemsOf.js';
import { readStart } from './readImageFile.js';

/** Number of files whose content is read, spread over the list; reading all would take as long as an epoch. */
const samples = 16;
const sampledBytes = 2 ** 16;

/**
 * `sizes/content`: digests of the sizes of all files and of the beginnings of some; `-` if these cannot be read. File times are
 * ignored, because copies have different ones.
 */
export async function fileContentIdentity(files: ItemList<ImageFile>): Promise<string> {
  return `${digest(sizesOf(files))}/${await contentOf(files)}`;
}

function* sizesOf(files: ItemList<ImageFile>): Iterable<string> {
  for (const { bytes } of itemsOf(files)) yield `${bytes}\n`;
}

async function contentOf(files: ItemList<ImageFile>): Promise<string> {
  const step = Math.max(1, Math.floor(files.length / samples));
  const some = [...itemsOf(files, step)].slice(0, samples);
  try {
    return digest(await Promise.all(some.map((file) => readStart(pathOf(file), sampledBytes))));
  } catch {
    return '-'; // it may be readable next time
  }
}
