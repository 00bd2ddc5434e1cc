import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ImageFile } from '../../src/data/imageFile.js';
import { listImages } from '../../src/data/listImages.js';

const manifest = createRequire(import.meta.url).resolve('emoji-datasource-google/package.json');

export const emojiFolder = join(dirname(manifest), 'img/google/64');

/** The 3,786 pictures of 64 by 64 pixels that the demo trains on. */
export function emoji(): Promise<ImageFile[]> {
  return listImages(emojiFolder);
}
