/**
 * Code shared by both mixtures. Raw parameters are `[B, H, W, 3 k C]`: for each of C colours k logits, k means and k log scales.
 * They are used as `[N, k]` with N = B * H * W * C, so that no axis has to move.
 */
import { fusedOperation, softClamp } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import type { Noise } from '../random.js';
import { draws } from '../random.js';
import type { LikelihoodAttributes } from './discretizedLogistic.js';

/** Raw parameters of the N mixtures, `[N, k]` each. */
export interface MixtureParameters {
  readonly logits: tf.Tensor2D;
  readonly means: tf.Tensor2D;
  readonly logScales: tf.Tensor2D;
}

/** Reshapes the parameters to one mixture per row, `[N, 3 k]`. */
export function mixtureRows(parameters: tf.Tensor4D, colours: number): tf.Tensor2D {
  const [batch, height, width, channels] = parameters.shape;
  return tf.reshape(parameters, [batch * height * width * colours, channels / colours]);
}

export function splitMixture(parameters: tf.Tensor4D, colours: number): MixtureParameters {
  const rows = mixtureRows(parameters, colours);
  const [logits, means, logScales] = tf.split(rows, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  return { logits, means, logScales };
}

/** Reshapes `[N]` to `[B, H, W, C]`, the image that the raw parameters belong to. */
export function asImage(values: tf.Tensor, parameters: tf.Tensor4D, colours: number): tf.Tensor4D {
  const [batch, height, width] = parameters.shape;
  return tf.reshape(values, [batch, height, width, colours]);
}

/** Log probability of x `[N, 1]` for each component, `[N, k]`, from raw means and log scales `[N, k]`. */
type ComponentLogProb = (
  means: tf.Tensor2D,
  logScales: tf.Tensor2D,
  x: tf.Tensor2D,
  attributes: LikelihoodAttributes,
) => tf.Tensor2D;

/** Log probability `[N]` of the colours x `[N]` under the mixtures with the raw parameters `[N, 3 k]`. */
type MixtureLogProb = (
  parameters: tf.Tensor2D,
  x: tf.Tensor1D,
  attributes?: LikelihoodAttributes,
) => tf.Tensor1D;

/** Returns the log probability of a mixture of such components. `kernel` is its name on engines that have it as one kernel. */
export function mixtureLogProb(kernel: string, component: ComponentLogProb): MixtureLogProb {
  const logProb = fusedOperation<tf.Tensor1D>({
    name: kernel,
    inputs: ['parameters', 'x'],
    differentiableIn: 'parameters',
    body: ({ parameters, x }, attributes) => {
      const parts = tf.split(parameters!, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const densities = component(parts[1], parts[2], tf.reshape(x!, [-1, 1]), attributes);
      return logOfMixture(softClamp(parts[0]), densities);
    },
  });
  return (parameters, x, attributes) => logProb({ parameters, x }, { ...attributes });
}

/** Log probability `[N]` under the components with clamped logits `[N, k]`, from that under each of them `[N, k]`. */
export function logOfMixture(logits: tf.Tensor2D, densities: tf.Tensor2D): tf.Tensor1D {
  return tf.sub(tf.logSumExp(tf.add(logits, densities), -1), tf.logSumExp(logits, -1));
}

/**
 * Returns the mean `[N]` of mixtures with the raw parameters `[N, 3 k]`. `kernel` is its name on engines that have it as one kernel.
 * @param meanOf means of the components from their raw means
 */
export function mixtureMean(
  kernel: string,
  meanOf: (means: tf.Tensor2D) => tf.Tensor,
): (parameters: tf.Tensor2D) => tf.Tensor1D {
  const mean = fusedOperation<tf.Tensor1D>({
    name: kernel,
    inputs: ['parameters'],
    differentiableIn: 'parameters',
    body: ({ parameters }) => {
      const [logits, means] = tf.split(parameters!, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      return tf.sum(tf.mul(tf.softmax(softClamp(logits)), meanOf(means)), 1);
    },
  });
  return (parameters) => mean({ parameters });
}

/** Selects one component per row: `[N, k]` and indices `[N]` to `[N]`. */
export function chooseComponent(values: tf.Tensor2D, component: tf.Tensor1D): tf.Tensor1D {
  return tf.sum(tf.mul(values, selectorOf(component, values.shape[1])), 1);
}

/** Returns 1 at the index of each row and 0 elsewhere, `[N, k]` from `[N]`. */
export function selectorOf(component: tf.Tensor1D, k: number): tf.Tensor2D {
  // tf.oneHot refuses a single column
  if (k === 1) return tf.ones([component.shape[0], 1]);
  return tf.cast(tf.oneHot(tf.cast(component, 'int32'), k), 'float32') as tf.Tensor2D;
}

/** From this raw logit on, the clamped logit equals the bound in float32. */
const saturated = 45;

/**
 * Returns the component with the largest raw logit, `[N]` from `[N, k]`; if several are clamped to the bound, the first. Compares the raw logits,
 * because an engine's tanh may round different logits to the same number: libtensorflow's is 1 from 7.9 on.
 */
export function largestLogit(logits: tf.Tensor2D): tf.Tensor1D {
  return tf.argMax(tf.minimum(logits, saturated), 1);
}

/** Returns the component of each colour with the largest logit, `[N]`. */
export function likeliestComponent(parameters: tf.Tensor4D, colours: number): tf.Tensor1D {
  return largestLogit(splitMixture(parameters, colours).logits);
}

/** Draws one component per row from softmax(logits), `[N]`: the one with the largest logit after Gumbel noise is added. */
export function drawComponent(logits: tf.Tensor2D, noise: Noise): tf.Tensor1D {
  const uniform = tf.clipByValue(noise.uniform(draws.outputComponent, logits.shape), 1e-7, 1 - 1e-7);
  return tf.argMax(tf.sub(logits, tf.log(tf.neg(tf.log(uniform)))), 1);
}
