/**
 * One Bernoulli distribution per colour, for images whose values are 0 or 1 (NVAE section 4.1: MNIST). The raw parameter is the logit
 * of the value 1. It is not clamped: a bound would cost nats wherever the model is sure, such as in the background of a
 * digit, and logarithm and gradient are finite for every finite logit.
 */
import * as tf from '../../engine/tf.js';
import { draws } from '../random.js';
import type { OutputDistribution } from './outputDistribution.js';

export function bernoulli(logits: tf.Tensor4D): OutputDistribution {
  return {
    // for x = 0 and x = 1 the logarithm of their probabilities
    logProb: (x) => tf.sub(tf.mul(x, logits), tf.softplus(logits)),
    mean: () => tf.sigmoid(logits),
    mostLikelyValue: () => tf.cast(tf.greater(logits, 0), 'float32'),
    sample: (noise) => {
      const uniform = noise.uniform(draws.outputValue, logits.shape);
      return tf.cast(tf.less(uniform, tf.sigmoid(logits)), 'float32') as tf.Tensor4D;
    },
  };
}
