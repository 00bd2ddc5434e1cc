import { emojiFolder } from '../../scripts/emojiFolder.js';
import type { ImageFile } from '../../src/data/imageFile.js';
import { listImages } from '../../src/data/listImages.js';

export { emojiFolder };

/** The 3,786 pictures of 64 by 64 pixels that the demo trains on. */
export function emoji(): Promise<ImageFile[]> {
  return listImages(emojiFolder);
}
