import type { Binarize } from '../../config/types.js';
import type { Nvae } from '../../model/nvae.js';
import type { Output } from '../terminal/output.js';

/** Prints that images are made binary, if they are; returns how, for the result. */
export function tellBinarized({ binarize }: Nvae, { progress }: Output): Binarize {
  if (binarize !== 'none') progress(`images are made binary, as in training (${binarize})`);
  return binarize;
}
