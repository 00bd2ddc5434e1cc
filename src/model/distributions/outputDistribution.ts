/** The distribution of the colours of every pixel, given the raw output of the network. */
import type { SamplingMethod } from '../../config/types.js';
import * as tf from '../../engine/tf.js';
import type { Noise } from '../random.js';
import { gaussian } from './gaussian.js';
import { gaussianMixture } from './gaussianMixture.js';
import { logisticMixture } from './logisticMixture.js';

/** Which image to take from a distribution. */
export type Statistic = 'mean' | 'most_likely_value' | 'sample';

/** Every colour of every pixel on its own; all results are `[B, H, W, 3]`, images on the scale 0 to 1, not clamped. */
export interface OutputDistribution {
  /** Log probability of the image x, `[B, H, W, 3]` in [0, 1]. Differentiable in the raw parameters. */
  logProb(x: tf.Tensor4D): tf.Tensor4D;
  mean(): tf.Tensor4D;
  mostLikelyValue(): tf.Tensor4D;
  sample(noise: Noise): tf.Tensor4D;
}

/** Number of raw parameters per pixel. */
export function outputChannels(method: SamplingMethod, components: number): number {
  return method === 'gaussian' ? 6 : 9 * components;
}

/** The distribution with the raw parameters `[B, H, W, outputChannels]`, which stay the caller's; results are the caller's too. */
export function outputDistribution(method: SamplingMethod, parameters: tf.Tensor4D): OutputDistribution {
  const output = distributionOf(method, parameters);
  return {
    logProb: (x) => tf.tidy(() => output.logProb(x)),
    mean: () => tf.tidy(() => output.mean()),
    mostLikelyValue: () => tf.tidy(() => output.mostLikelyValue()),
    sample: (noise) => tf.tidy(() => output.sample(noise)),
  };
}

function distributionOf(method: SamplingMethod, parameters: tf.Tensor4D): OutputDistribution {
  switch (method) {
    case 'gaussian':
      return gaussian(parameters);
    case 'gaussian_mixture':
      return gaussianMixture(parameters);
    case 'logistic_mixture':
      return logisticMixture(parameters);
  }
}

/** The image that a statistic gives, `[B, H, W, 3]`, not clamped. */
export function statisticOf(output: OutputDistribution, statistic: Statistic, noise: Noise): tf.Tensor4D {
  if (statistic === 'mean') return output.mean();
  return statistic === 'sample' ? output.sample(noise) : output.mostLikelyValue();
}
