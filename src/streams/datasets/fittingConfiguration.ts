/** Chooses a configuration by the size and number of the images, as docs/own-images.md does. Pure. */
import type { FittingConfiguration } from './datasetEvents.js';

/** What the choice depends on. */
export interface FittingOf {
  readonly images: number;
  /** Median of the shorter sides, in pixels. */
  readonly shorterSide: number;
  /** Whether all pixels are grey. */
  readonly isGrey: boolean;
  /** Share of the values that are nearly black or white. */
  readonly nearlyBlackOrWhite: number;
}

/** Sizes of the configurations. */
export const fittingSizes = { demo: 32, digits: 28, logistic_mixture10latent: 64 } as const;
/** Fewer images are remembered rather than learnt. */
const few = 1000;
/** A model of 64x64 needs as many. */
const enoughForLarge = 10_000;
const enoughForLargest = 50_000;
/** From here on, drawings count as black and white. */
const mostlyBlackOrWhite = 0.9;

export function fittingConfiguration(of: FittingOf): FittingConfiguration {
  const { images, shorterSide, isGrey, nearlyBlackOrWhite } = of;
  const number = `${images.toLocaleString('en-US')} ${images === 1 ? 'image' : 'images'}`;
  const { demo, digits, logistic_mixture10latent: large } = fittingSizes;
  const grey = isGrey ? ['image_channels=1'] : [];
  if (isGrey && nearlyBlackOrWhite >= mostlyBlackOrWhite && shorterSide <= demo) {
    const set = shorterSide === digits ? [] : [`input_dimension=${shorterSide}`];
    const reason = 'small drawings, nearly all black or white: it learns them as binary images';
    return { configuration: 'digits', set, reason: `${reason}${fewWords(images)}` };
  }
  if (images >= enoughForLarge && shorterSide >= large) {
    const set = ['training_parameters.batch_size=8', ...grey];
    const gpu = images >= enoughForLargest ? '; with a GPU, penguin' : '';
    const reason = `${number} of at least 64x64${gpu}; demo (32x32) shows first whether they are learnable`;
    return { configuration: 'logistic_mixture10latent', set, reason };
  }
  const set = [...(shorterSide < demo ? [`input_dimension=${shorterSide}`] : []), ...grey];
  const reason =
    shorterSide >= large
      ? `${number}; 64x64 needs ${enoughForLarge.toLocaleString('en-US')} or more`
      : `most images are smaller than 64x64`;
  return { configuration: 'demo', set, reason: `${reason}${fewWords(images)}` };
}

function fewWords(images: number): string {
  return images < few ? `; with fewer than ${few.toLocaleString('en-US')}, it may learn them by heart` : '';
}
