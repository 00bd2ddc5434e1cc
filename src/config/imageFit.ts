/** How images of any shape become squares. */
import type { AugmentationConfig, Fit, FitPosition, TrainingConfig } from './types.js';

export const fits = ['cover', 'contain', 'stretch'] as const satisfies Fit[];
export const fitPositions = [
  'centre',
  'top',
  'bottom',
  'left',
  'right',
  'top_left',
  'top_right',
  'bottom_left',
  'bottom_right',
] as const satisfies FitPosition[];
export const colourPattern = /^#[0-9a-fA-F]{6}$/;
/** An image takes memory by the square of it. */
export const largestCrop = 8;

/** How images of any shape become squares of the model's size. A model has what its training had (`Nvae.imageFit`). */
export interface ImageFit
  extends Pick<TrainingConfig, 'fit' | 'fitPosition' | 'background'>,
    Pick<AugmentationConfig, 'randomCrop'> {}

/** The shorter side resized, the longer one cropped to the centre, transparent parts on white. */
export const defaultFit: ImageFit = {
  fit: 'cover',
  fitPosition: 'centre',
  background: '#ffffff',
  randomCrop: null,
};

/** The fit of a configuration. */
export function imageFitOf({ fit, fitPosition, background, augmentation }: TrainingConfig): ImageFit {
  return { fit, fitPosition, background, randomCrop: augmentation.randomCrop };
}

/** A text that differs for fits that make other pixels; undefined for the default. */
export function fitKey(fit: ImageFit): string | undefined {
  const key = textOf(fit);
  return key === textOf(defaultFit) ? undefined : key;
}

function textOf({ fit, fitPosition, background, randomCrop }: ImageFit): string {
  return [fit, fitPosition, background.toLowerCase(), randomCrop ?? 'whole'].join(' ');
}
