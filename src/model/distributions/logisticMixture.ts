/**
 * A mixture of discretised logistics for every colour of every pixel: a component's probability of one of the 256
 * colour values is the difference of its distribution function at the value's two edges; the first and the last value
 * take the whole tail.
 */
import { logisticComponents, logisticMixtureLogProb, softClamp } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import { draws } from '../random.js';
import {
  asImage,
  chooseComponent,
  drawComponent,
  likeliestComponent,
  mixtureMean,
  mixtureRows,
  splitMixture,
} from './mixture.js';
import type { OutputDistribution } from './outputDistribution.js';

/** Keeps the uniform noise away from 0 and 1. */
const margin = 1e-5;

interface Components {
  readonly logits: tf.Tensor2D;
  readonly mu: tf.Tensor2D;
  readonly logScale: tf.Tensor2D;
}

function components(parameters: tf.Tensor4D): Components {
  const { logits, means, logScales } = splitMixture(parameters);
  return { logits: softClamp(logits), ...logisticComponents(means, logScales) };
}

/** From the scale -1 to 1 to the scale 0 to 1. */
function rescale(values: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(values, 1), 0.5);
}

export function logisticMixture(parameters: tf.Tensor4D): OutputDistribution {
  const image = (values: tf.Tensor) => asImage(values, parameters);
  return {
    logProb: (x) => image(logisticMixtureLogProb(mixtureRows(parameters), tf.reshape(x, [-1]))),
    mean: () => {
      const { logits, mu } = components(parameters);
      return image(rescale(mixtureMean(logits, mu)));
    },
    mostLikelyValue: () => {
      const { mu } = components(parameters);
      return image(rescale(chooseComponent(mu, likeliestComponent(parameters))));
    },
    sample: (noise) => {
      const parts = components(parameters);
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
