/**
 * Log probability of colours under mixtures, from the raw parameters `[N, 3 k]`: k logits, k means, k logarithms of scales.
 * Of all that lies between, nothing is kept for the backward pass.
 */
import { normalLogDensity, sigmaFloor } from '../normalDensity.js';
import * as tf from '../tf.js';
import { type CompositeKernel, type Inputs, runMany, runOne } from './composite.js';
import { differentiated } from './differentiated.js';
import { softClamp } from './softClamp.js';

/** Log probability of x `[N, 1]` for each component, `[N, k]`, from raw means and logarithms of scales. */
type Component = (means: tf.Tensor2D, logScales: tf.Tensor2D, x: tf.Tensor2D) => tf.Tensor2D;

/** Means and logarithms of scales of logistic components, on the scale -1 to 1, from the raw ones `[N, k]`. */
export function logisticComponents(means: tf.Tensor2D, logScales: tf.Tensor2D) {
  return { mu: tf.clipByValue(means, -5, 5), logScale: tf.maximum<tf.Tensor2D>(logScales, -7) };
}

/** Means and standard deviations of normal components from the raw ones `[N, k]`. */
export function normalComponents(means: tf.Tensor2D, logScales: tf.Tensor2D) {
  const sigma: tf.Tensor2D = tf.add(tf.exp(softClamp(logScales)), sigmaFloor);
  return { mu: softClamp(means), sigma };
}

/** Below the first, above the second, a colour takes the whole tail. */
const lowerEdge = 0.0005;
const upperEdge = 0.995;
/** Half of a colour's width on the scale -1 to 1. */
const halfWidth = 1 / 255;
const smallestProbability = 1e-10;

/**
 * A discretised logistic: the difference of its distribution function at a colour's two edges. Between the outermost edges it
 * is log(sigmoid(plus) - sigmoid(minus)), at least log 1e-10. Far from the mean both sigmoids round to the same number, so
 * the difference is taken apart: sigmoid(plus) sigmoid(-minus) (1 - exp(minus - plus)).
 */
const discretizedLogistic: Component = (means, logScales, x) => {
  const { mu, logScale } = logisticComponents(means, logScales);
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
};

const normalDensity: Component = (means, logScales, x) =>
  normalLogDensity(normalComponents(means, logScales), x) as tf.Tensor2D;

function logProbOf(component: Component): (inputs: Inputs) => tf.Tensor {
  return ({ parameters, x }) => {
    const parts = tf.split(parameters!, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const logits = softClamp(parts[0]);
    const densities = component(parts[1], parts[2], tf.reshape(x!, [-1, 1]));
    return tf.sub(tf.logSumExp(tf.add(logits, densities), -1), tf.logSumExp(logits, -1));
  };
}

function kernelsOf(name: string, component: Component): CompositeKernel[] {
  const body = logProbOf(component);
  tf.registerGradient({
    kernelName: name,
    inputsToSave: ['parameters', 'x'],
    gradFunc: (dy, saved) => {
      const [parameters, x] = saved as [tf.Tensor, tf.Tensor];
      const [dparameters] = runMany(`${name}Grad`, { dy: dy as tf.Tensor, parameters, x });
      return { parameters: () => dparameters! };
    },
  });
  return [
    { name, body },
    { name: `${name}Grad`, body: differentiated(body, ['parameters']) },
  ];
}

export const mixtureLogProbKernels: CompositeKernel[] = [
  ...kernelsOf('LogisticMixtureLogProb', discretizedLogistic),
  ...kernelsOf('GaussianMixtureLogProb', normalDensity),
];

/**
 * Log probability `[N]` of the colours x `[N]` in [0, 1] under mixtures of discretised logistics with the raw parameters
 * `[N, 3 k]`. Differentiable in the parameters.
 */
export function logisticMixtureLogProb(parameters: tf.Tensor2D, x: tf.Tensor1D): tf.Tensor1D {
  return runOne('LogisticMixtureLogProb', { parameters, x });
}

/** Log density `[N]` of the colours x `[N]` in [0, 1] under mixtures of Normals; otherwise as {@link logisticMixtureLogProb}. */
export function gaussianMixtureLogProb(parameters: tf.Tensor2D, x: tf.Tensor1D): tf.Tensor1D {
  return runOne('GaussianMixtureLogProb', { parameters, x });
}
