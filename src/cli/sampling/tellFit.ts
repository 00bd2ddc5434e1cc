import { snakeCase } from '../../base/camelCase.js';
import { defaultFit, type ImageFit } from '../../config/imageFit.js';
import type { Nvae } from '../../model/nvae.js';
import type { Output } from '../terminal/output.js';

/** Prints how images become squares, if not as by default. */
export function tellFit({ imageFit }: Nvae, { progress }: Output): void {
  const keys = Object.keys(defaultFit) as (keyof ImageFit)[];
  const set = keys.filter((key) => imageFit[key] !== defaultFit[key]);
  if (set.length === 0) return;
  progress(
    `images are fitted as in training (${set.map((key) => `${snakeCase(key)} ${imageFit[key]}`).join(', ')})`,
  );
}
