/**
 * The probability that a logistic distribution on the scale -1 to 1 gives to a colour: the difference of its distribution
 * function at the two edges of the value, half a value (1 / 255) below and above; the outermost values get the whole tail.
 */
import * as tf from '../../engine/tf.js';
import { asConstant } from '../constants.js';

/** Bound of the raw means. */
const meanBound = 5;
const smallestLogScale = -7;

/** Converts raw means to those on the scale -1 to 1. */
export function clampedMeans<T extends tf.Tensor>(means: T): T {
  return tf.clipByValue(means, -meanBound, meanBound);
}

/** Converts raw means and log scales to those on the scale -1 to 1. */
export function logistics<T extends tf.Tensor>(means: T, logScales: T) {
  return {
    mu: clampedMeans(means),
    logScale: tf.maximum<T>(logScales, smallestLogScale),
  };
}

/** How likelihoods count, as an attribute of their kernels. */
export interface LikelihoodAttributes {
  /**
   * Whether the probabilities of the 256 values add up to 1; if not, they are those of the PyTorch implementation.
   * @default false
   */
  readonly normalized?: boolean;
}

/** A colour below the first edge or above the second gets the whole tail, in the PyTorch implementation: 254 and 255 do. */
const referenceEdges = [0.0005, 0.995] as const;
const exactEdges = [0.5 / 255, 254.5 / 255] as const;
/** Half the width of a colour value on the scale -1 to 1. */
const halfWidth = 1 / 255;
const smallestProbability = 1e-10;
/** Below this width in scales, log(1 - exp(-width)) is computed by its series. */
const narrow = 0.1;

/**
 * Log probability of colours x in [0, 1] whose distance on the scale -1 to 1 from the mean is `centred`. Shapes may broadcast.
 *
 * Between the outermost edges, the result is log(sigmoid(plus) - sigmoid(minus)). Far from the mean both sigmoids round to the same
 * number, so the difference is computed as a product: sigmoid(plus) sigmoid(-minus) (1 - exp(minus - plus)). If it is not
 * `normalized`, it is at least log 1e-10.
 */
export function discretizedLogistic<T extends tf.Tensor>(
  centred: T,
  logScale: T,
  x: tf.Tensor,
  { normalized = false }: LikelihoodAttributes,
): T {
  const inverseScale = tf.exp(tf.neg(logScale));
  const below = tf.neg(tf.softplus(tf.mul(inverseScale, tf.sub(-halfWidth, centred)))); // log sigmoid(plus)
  const above = tf.neg(tf.softplus(tf.mul(inverseScale, tf.sub(centred, halfWidth)))); // log sigmoid(-minus)
  const middle = normalized
    ? tf.addN([below, above, logOfWidth(logScale, inverseScale)])
    : clampedMiddle(below, above, inverseScale);
  const [first, last] = normalized ? exactEdges : referenceEdges;
  return tf.where(tf.less(x, first), below, tf.where(tf.greater(x, last), above, middle)) as T;
}

function clampedMiddle(below: tf.Tensor, above: tf.Tensor, inverseScale: tf.Tensor): tf.Tensor {
  const width = tf.neg(tf.expm1(tf.mul(inverseScale, -2 * halfWidth)));
  const between = tf.addN([below, above, tf.log(tf.maximum(width, smallestProbability))]);
  return tf.maximum(between, Math.log(smallestProbability));
}

/** log(1 - exp(-v)) for v, the width of a value in scales; for small v by its series log v - v / 2 + v^2 / 24. */
function logOfWidth(logScale: tf.Tensor, inverseScale: tf.Tensor): tf.Tensor {
  const v = tf.mul(inverseScale, 2 * halfWidth);
  const series = tf.mul(v, tf.sub(tf.mul(v, 1 / 24), 0.5));
  const small = tf.add(tf.sub(Math.log(2 * halfWidth), logScale), series);
  // the values that are not chosen must not make the gradient NaN
  const large = tf.log(tf.neg(tf.expm1(tf.neg(tf.maximum(v, narrow)))));
  const isNarrow = asConstant(v, (width) => tf.less(width, narrow));
  return tf.where(isNarrow, small, large);
}

/** Maps the scale -1 to 1 to the scale 0 to 1. */
export function rescale(values: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(values, 1), 0.5);
}

/** Keeps the uniform noise away from 0 and 1. */
const margin = 1e-5;

/** Turns uniform noise in [0, 1) into values of the logistic distribution with mean 0 and scale 1: log(u / (1 - u)). */
export function standardLogistic(uniform: tf.Tensor): tf.Tensor {
  const u = tf.add(tf.mul(uniform, 1 - 2 * margin), margin);
  return tf.log(tf.div(u, tf.sub(1, u)));
}
