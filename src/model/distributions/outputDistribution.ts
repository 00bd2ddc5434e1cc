/** The distribution of every colour of every pixel, given the raw output of the network. */
import type * as tf from '../../engine/tf.js';
import type { Noise } from '../random.js';

/** Which image to take from a distribution. */
export type Statistic = 'mean' | 'most_likely_value' | 'sample';

/** All results are images `[B, H, W, imageChannels]` on the scale 0 to 1, not clamped. */
export interface OutputDistribution {
  /**
   * Log probability of every colour of images, in nats; with `jointColours` of every pixel, because its colours depend on each
   * other. Differentiable in the raw parameters.
   * @param x images `[B, H, W, imageChannels]` in [0, 1]; the caller keeps them
   * @returns `[B, H, W, imageChannels]`, with `jointColours` `[B, H, W, 1]`; the caller owns it
   */
  logProb(x: tf.Tensor4D): tf.Tensor4D;
  /** The mean of every colour. */
  mean(): tf.Tensor4D;
  /** The mode of every colour; for a mixture, the mean of its most likely component. */
  mostLikelyValue(): tf.Tensor4D;
  /**
   * A random value of every colour.
   * @param noise source of the random numbers
   */
  sample(noise: Noise): tf.Tensor4D;
}

/** Returns the image of a statistic, `[B, H, W, imageChannels]`, not clamped. */
export function statisticOf(output: OutputDistribution, statistic: Statistic, noise: Noise): tf.Tensor4D {
  if (statistic === 'mean') return output.mean();
  return statistic === 'sample' ? output.sample(noise) : output.mostLikelyValue();
}
