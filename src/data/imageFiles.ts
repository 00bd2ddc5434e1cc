/** Files as items of a dataset: decodes a file, and returns its current version on disk. */
import { defaultMaxPixels } from '../base/maxPixels.js';
import { DamagedImageError } from './damagedImageError.js';
import type { Dataset } from './dataset.js';
import { decodeBytes } from './decodeImage.js';
import { currentFileVersion } from './fileVersion.js';
import { type ImageFile, pathOf } from './imageFile.js';
import { isOwnGrid } from './ownPictures.js';
import { readImageFile } from './readImageFile.js';
import { storedInBytes } from './storedInBytes.js';

/** The part of a dataset of files that does not depend on its list. */
export type ImageFiles = Required<Pick<Dataset<ImageFile>, 'decode' | 'currentVersion' | 'stored'>>;

/** @param maxPixels larger images are refused before memory is allocated */
export function imageFiles(maxPixels: number = defaultMaxPixels): ImageFiles {
  return {
    async decode(file, size, signal) {
      const bytes = await readImageFile(pathOf(file));
      signal.throwIfAborted();
      return decodeFileBytes(bytes, size, maxPixels);
    },
    currentVersion: (file) => currentFileVersion(pathOf(file)),
    stored: async (file) => storedInBytes(await readImageFile(pathOf(file))),
  };
}

/**
 * Decodes the bytes of a file, wherever they come from, to `[size, size, 3]`.
 * @throws DamagedImageError that says why it cannot be used
 */
export async function decodeFileBytes(
  bytes: Buffer,
  size: number,
  maxPixels: number = defaultMaxPixels,
): Promise<Uint8Array> {
  if (isOwnGrid(bytes)) throw new DamagedImageError('a grid of images written by nvae');
  return decodeBytes(bytes, size, maxPixels);
}
