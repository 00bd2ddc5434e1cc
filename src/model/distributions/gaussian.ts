/** One normal distribution per colour: the means of all colours, then their log standard deviations. */
import type * as tf from '../../engine/tf.js';
import { draws } from '../random.js';
import { drawNormal, normalFromParameters, normalLogDensity } from './normal.js';
import type { OutputDistribution } from './outputDistribution.js';

export function gaussian(parameters: tf.Tensor4D): OutputDistribution {
  const normal = () => normalFromParameters(parameters);
  return {
    logProb: (x) => normalLogDensity(normal(), x) as tf.Tensor4D,
    mean: () => normal().mu as tf.Tensor4D,
    mostLikelyValue: () => normal().mu as tf.Tensor4D,
    sample: (noise) =>
      drawNormal(normal(), noise.normal(draws.outputValue, normal().mu.shape)) as tf.Tensor4D,
  };
}
