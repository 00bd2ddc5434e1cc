/**
 * A mixture of discretised logistics for every colour of every pixel. The probability that a component gives to one of the
 * 256 colour values is the difference of its distribution function at the two edges of the value; the first and the last
 * value get the whole tail.
 */
import { softClamp } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import { draws } from '../random.js';
import {
  asImage,
  chooseComponent,
  drawComponent,
  likeliestComponent,
  mixtureLogProb,
  mixtureMean,
  mixtureRows,
  splitMixture,
} from './mixture.js';
import type { OutputConfig } from './outputConfig.js';
import type { OutputDistribution } from './outputDistribution.js';

/** Keeps the uniform noise away from 0 and 1. */
const margin = 1e-5;

interface Components {
  readonly logits: tf.Tensor2D;
  readonly mu: tf.Tensor2D;
  readonly logScale: tf.Tensor2D;
}

/** Converts raw means and log scales `[N, k]` to those on the scale -1 to 1. */
function logistics(means: tf.Tensor2D, logScales: tf.Tensor2D) {
  return { mu: tf.clipByValue(means, -5, 5), logScale: tf.maximum<tf.Tensor2D>(logScales, -7) };
}

function components(parameters: tf.Tensor4D, colours: number): Components {
  const { logits, means, logScales } = splitMixture(parameters, colours);
  return { logits: softClamp(logits), ...logistics(means, logScales) };
}

/** A colour below the first edge or above the second gets the whole tail. */
const lowerEdge = 0.0005;
const upperEdge = 0.995;
/** Half the width of a colour value on the scale -1 to 1. */
const halfWidth = 1 / 255;
const smallestProbability = 1e-10;

/**
 * Between the outermost edges, the result is log(sigmoid(plus) - sigmoid(minus)), but at least log 1e-10. Far from the mean
 * both sigmoids round to the same number, so the difference is computed as a product:
 * sigmoid(plus) sigmoid(-minus) (1 - exp(minus - plus)).
 */
function discretizedLogistic(means: tf.Tensor2D, logScales: tf.Tensor2D, x: tf.Tensor2D): tf.Tensor2D {
  const { mu, logScale } = logistics(means, logScales);
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

/** Log probability `[N]` of the colours x `[N]` in [0, 1], from raw parameters `[N, 3 k]`. Differentiable in the parameters. */
export const logisticMixtureLogProb = mixtureLogProb('LogisticMixtureLogProb', discretizedLogistic);

/** Maps the scale -1 to 1 to the scale 0 to 1. */
function rescale(values: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(values, 1), 0.5);
}

export function logisticMixture(
  parameters: tf.Tensor4D,
  { imageChannels: colours }: OutputConfig,
): OutputDistribution {
  const image = (values: tf.Tensor) => asImage(values, parameters, colours);
  return {
    logProb: (x) => image(logisticMixtureLogProb(mixtureRows(parameters, colours), tf.reshape(x, [-1]))),
    mean: () => {
      const { logits, mu } = components(parameters, colours);
      return image(rescale(mixtureMean(logits, mu)));
    },
    mostLikelyValue: () => {
      const { mu } = components(parameters, colours);
      return image(rescale(chooseComponent(mu, likeliestComponent(parameters, colours))));
    },
    sample: (noise) => {
      const parts = components(parameters, colours);
      const uniform = noise.uniform(draws.outputValue, parts.mu.shape) as tf.Tensor2D;
      const component = drawComponent(parts.logits, noise);
      return image(rescale(logisticMixtureValue(parts, component, uniform)));
    },
  };
}

/** Returns mu + scale * log(u / (1 - u)) of the chosen component, `[N]`; the uniform noise `[N, k]` covers every component. */
function logisticMixtureValue(parts: Components, component: tf.Tensor1D, uniform: tf.Tensor2D): tf.Tensor1D {
  const u = tf.add(tf.mul(uniform, 1 - 2 * margin), margin);
  const logistic = tf.log(tf.div(u, tf.sub(1, u)));
  const values = tf.add(parts.mu, tf.mul(tf.exp(parts.logScale), logistic)) as tf.Tensor2D;
  return chooseComponent(values, component);
}
