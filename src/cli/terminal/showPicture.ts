import { messageOf } from '../../base/errors.js';
import type { ImageBatch } from '../../base/plainData.js';
import { isBitmap, sharpOf, terminalPicture } from '../../ui/pictures/bitmap.js';
import { noPictures } from '../../ui/pictures/pictureSupport.js';
import { printedSpace } from '../../ui/pictures/printedSpace.js';
import { screenSizeOf } from '../../ui/screenSize.js';
import type { Output } from './output.js';
import { terminalPictureSupport } from './terminalPictureSupport.js';

/** Shows the first image of a batch on standard error; false if the terminal cannot show it. */
export type ShowPicture = (picture: ImageBatch) => Promise<boolean>;

/**
 * Creates a function that shows pictures by the best method of the terminal. The terminal is queried now, because later its answer
 * could mix with typed text. The first picture that cannot be shown causes a warning.
 *
 * @throws Error if NVAE_PICTURES is not a known method
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
      output.warning(`cannot show pictures on this terminal: ${messageOf(error)}`);
      return false;
    }
  };
}
