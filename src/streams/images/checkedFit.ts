import { describeValue } from '../../base/messageText.js';
import {
  colourPattern,
  defaultFit,
  fitPositions,
  fits,
  type ImageFit,
  largestCrop,
} from '../../config/imageFit.js';

/** The fit among the options of a function, with its defaults. @throws RangeError that names the option */
export function checkedFit(where: string, options: Partial<ImageFit>): ImageFit {
  const {
    fit = defaultFit.fit,
    fitPosition = defaultFit.fitPosition,
    background = defaultFit.background,
    randomCrop = defaultFit.randomCrop,
  } = options;
  const check = (ok: boolean, option: string, allowed: string, value: unknown) => {
    if (!ok) throw new RangeError(`${where}: ${option} must be ${allowed}, got ${describeValue(value)}`);
  };
  check(fits.includes(fit), 'fit', `one of ${fits.join(', ')}`, fit);
  check(fitPositions.includes(fitPosition), 'fitPosition', `one of ${fitPositions.join(', ')}`, fitPosition);
  check(colourPattern.test(background), 'background', 'a colour such as "#ffffff"', background);
  const isCrop = randomCrop === null || (randomCrop >= 1 && randomCrop <= largestCrop);
  check(isCrop, 'randomCrop', `a number from 1 to ${largestCrop}, or null`, randomCrop);
  return { fit, fitPosition, background, randomCrop };
}
