/**
 * A mixture of discretised logistics for every colour of every pixel: a component's probability of one of the 256
 * colour values is the difference of its distribution function at the value's two edges; the first and the last value
 * take the whole tail.
 */
import * as tf from '../../engine/tf.js';
import { softClamp } from '../normal.js';
import { draws } from '../random.js';
import type { MixtureParameters } from './mixture.js';
import {
  chooseComponent,
  drawComponent,
  likeliestComponent,
  mixtureLogProb,
  mixtureMean,
  splitMixture,
} from './mixture.js';
import type { OutputDistribution } from './outputDistribution.js';

/** Below the first, above the second, a colour value takes the whole tail. */
const lowerEdge = 0.0005;
const upperEdge = 0.995;
/** Half of a colour value's width on the scale -1 to 1. */
const halfWidth = 1 / 255;
const smallestProbability = 1e-10;
/** Keeps the uniform noise away from 0 and 1. */
const margin = 1e-5;

interface Components {
  readonly logits: tf.Tensor2D;
  readonly mu: tf.Tensor2D;
  readonly logScale: tf.Tensor2D;
}

function components({ logits, means, logScales }: MixtureParameters): Components {
  return {
    logits: softClamp(logits),
    mu: tf.clipByValue(means, -5, 5),
    logScale: tf.maximum(logScales, -7),
  };
}

/**
 * Log probability of x `[N, 1]` in [0, 1] for each component, `[N, k]`.
 *
 * Between the edges it is log(sigmoid(plus) - sigmoid(minus)), at least log 1e-10. Far from the mean both sigmoids round
 * to the same number, so the difference is taken apart:
 * sigmoid(plus) sigmoid(-minus) (1 - exp(minus - plus)).
 */
function componentLogProb({ mu, logScale }: Components, x: tf.Tensor2D): tf.Tensor2D {
  const centred = tf.sub(tf.sub(tf.mul(x, 2), 1), mu);
  const inverseScale = tf.exp(tf.neg(logScale));
  const below = tf.neg(tf.softplus(tf.mul(inverseScale, tf.sub(-halfWidth, centred)))); // log sigmoid(plus)
  const above = tf.neg(tf.softplus(tf.mul(inverseScale, tf.sub(centred, halfWidth)))); // log sigmoid(-minus)
  const width = tf.neg(tf.expm1(tf.mul(inverseScale, -2 * halfWidth)));
  const between = tf.addN([below, above, tf.log(tf.maximum(width, smallestProbability))]);
  const middle = tf.maximum(between, Math.log(smallestProbability));
  const isLow = tf.less(x, lowerEdge);
  const isHigh = tf.greater(x, upperEdge);
  return tf.where(isLow, below, tf.where(isHigh, above, middle)) as tf.Tensor2D;
}

/** From the scale -1 to 1 to the scale 0 to 1. */
function rescale(values: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(values, 1), 0.5);
}

export function logisticMixture(parameters: tf.Tensor4D): OutputDistribution {
  const raw = splitMixture(parameters);
  const image = (values: tf.Tensor): tf.Tensor4D => tf.reshape(values, raw.imageShape);
  return {
    logProb: (x) => {
      const parts = components(raw);
      return image(mixtureLogProb(parts.logits, componentLogProb(parts, tf.reshape(x, [-1, 1]))));
    },
    mean: () => {
      const { logits, mu } = components(raw);
      return image(rescale(mixtureMean(logits, mu)));
    },
    mostLikelyValue: () => {
      const { logits, mu } = components(raw);
      return image(rescale(chooseComponent(mu, likeliestComponent(logits))));
    },
    sample: (noise) => {
      const parts = components(raw);
      const uniform = noise.uniform(draws.outputValue, parts.mu.shape) as tf.Tensor2D;
      const component = drawComponent(parts.logits, noise);
      return image(rescale(logisticMixtureValue(parts, component, uniform)));
    },
  };
}

/** The chosen component's mu + scale * log(u / (1 - u)), `[N]`; there is uniform noise `[N, k]` for every component. */
function logisticMixtureValue(parts: Components, component: tf.Tensor1D, uniform: tf.Tensor2D): tf.Tensor1D {
  const u = tf.add(tf.mul(uniform, 1 - 2 * margin), margin);
  const logistic = tf.log(tf.div(u, tf.sub(1, u)));
  const values = tf.add(parts.mu, tf.mul(tf.exp(parts.logScale), logistic)) as tf.Tensor2D;
  return chooseComponent(values, component);
}
