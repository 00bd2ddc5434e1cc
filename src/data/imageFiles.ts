/** Files as items of a dataset: reads a file, and returns its current version on disk. */
import type { Dataset } from './dataset.js';
import { currentFileVersion } from './fileVersion.js';
import { type ImageFile, pathOf } from './imageFile.js';
import { readImageFile } from './readImageFile.js';
import { storedInBytes } from './storedInBytes.js';

/** The part of a dataset of files that does not depend on its list. */
export type ImageFiles = Required<Pick<Dataset<ImageFile>, 'decode' | 'currentVersion' | 'stored'>>;

/** @param maxPixels larger images are refused before memory is allocated */
export function imageFiles(maxPixels?: number): ImageFiles {
  return {
    decode: async (file) => ({ file: await readImageFile(pathOf(file)), maxPixels }),
    currentVersion: (file) => currentFileVersion(pathOf(file)),
    stored: async (file) => storedInBytes(await readImageFile(pathOf(file))),
  };
}
