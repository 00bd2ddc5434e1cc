import type { ImageFit } from '../../config/imageFit.js';

/** How the images of a dataset become squares; the keys of a configuration, with its defaults. */
export interface SquareOptions extends Partial<Omit<ImageFit, 'randomCrop'>> {
  /** Files with more pixels are refused before memory is allocated. @default 268,402,689, as in sharp */
  readonly maxPixels?: number;
}
