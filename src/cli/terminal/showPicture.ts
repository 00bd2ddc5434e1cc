import { messageOf } from '../../base/errors.js';
import type { ImageBatch } from '../../base/plainData.js';
import { isBitmap, sharpOf, terminalPicture } from '../../ui/pictures/bitmap.js';
import { noPictures } from '../../ui/pictures/pictureSupport.js';
import { printedSpace } from '../../ui/pictures/printedSpace.js';
import { screenSizeOf } from '../../ui/screenSize.js';
import type { Output } from './output.js';
import { terminalPictureSupport } from './terminalPictureSupport.js';

/** Shows the first image of a batch on standard error; false where nobody could see it there. */
export type ShowPicture = (picture: ImageBatch) => Promise<boolean>;

/**
 * Makes a function that shows pictures, as well as the terminal can, which is asked now: later somebody may be typing. One
 * that cannot be shown costs a warning, once, and nothing else.
 *
 * @throws Error where the person has chosen a way that there is not
 */
export async function pictureShower(output: Output): Promise<ShowPicture> {
  const support = output.colour ? await terminalPictureSupport() : noPictures;
  let broken = support.kind === 'none';
  return async (picture) => {
    if (broken) return false;
    const [, height, width] = picture.shape;
    try {
      const space = printedSpace({ width, height }, screenSizeOf(process.stderr), support);
      const shown = await terminalPicture(sharpOf(picture), { width, height }, space, support);
      output.progress(isBitmap(shown) ? shown.draw() : shown.join('\n'));
      return true;
    } catch (error) {
      broken = true;
      output.warning(`pictures are not shown: ${messageOf(error)}`);
      return false;
    }
  };
}
