import type { SamplingMethod } from '../../config/types.js';
import * as tf from '../../engine/tf.js';
import { gaussian } from './gaussian.js';
import { gaussianMixture } from './gaussianMixture.js';
import { logisticMixture } from './logisticMixture.js';
import type { OutputDistribution } from './outputDistribution.js';

const distributions = {
  gaussian,
  gaussian_mixture: gaussianMixture,
  logistic_mixture: logisticMixture,
} as const satisfies Record<SamplingMethod, (parameters: tf.Tensor4D) => OutputDistribution>;

/** Returns the number of raw parameters per pixel. */
export function outputChannels(method: SamplingMethod, components: number): number {
  return method === 'gaussian' ? 6 : 9 * components;
}

/** Creates the distribution with the raw parameters `[B, H, W, outputChannels]`. The caller owns parameters and results. */
export function distributionOf(method: SamplingMethod, parameters: tf.Tensor4D): OutputDistribution {
  const output = distributions[method](parameters);
  return {
    logProb: (x) => tf.tidy(() => output.logProb(x)),
    mean: () => tf.tidy(() => output.mean()),
    mostLikelyValue: () => tf.tidy(() => output.mostLikelyValue()),
    sample: (noise) => tf.tidy(() => output.sample(noise)),
  };
}
