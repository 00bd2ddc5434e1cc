/**
 * What both mixtures share. Raw parameters are `[B, H, W, 9 k]`: for each colour k logits, k means, k logarithms of
 * scales. They are used as `[N, k]` with N = B * H * W * 3, so that no axis has to move.
 */
import * as tf from '../../engine/tf.js';
import type { Save } from '../constants.js';
import type { Noise } from '../random.js';
import { draws } from '../random.js';

/** Raw parameters of the N mixtures, `[N, k]` each. */
export interface MixtureParameters {
  readonly logits: tf.Tensor2D;
  readonly means: tf.Tensor2D;
  readonly logScales: tf.Tensor2D;
  /** [B, H, W, 3] */
  readonly imageShape: [number, number, number, number];
}

export function splitMixture(parameters: tf.Tensor4D): MixtureParameters {
  const [batch, height, width, channels] = parameters.shape;
  const rows = tf.reshape(parameters, [batch * height * width * 3, channels / 3]);
  const [logits, means, logScales] = tf.split(rows, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  return { logits, means, logScales, imageShape: [batch, height, width, 3] };
}

/** log sum exp over the last axis, `[N, k]` to `[N, 1]`. */
function logSumExp(x: tf.Tensor2D): tf.Tensor2D {
  return logSumExpOp(x) as tf.Tensor2D;
}

/** One operation for the tape, because its operands are the largest tensors of the likelihood: d/dx = softmax(x). */
const logSumExpOp = tf.customGrad((input, save) => {
  const x = input as tf.Tensor;
  const largest = tf.max(x, -1, true);
  const value = tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, largest)), -1, true)), largest);
  (save as Save)([x, value]);
  const gradFunc = (dy: tf.Tensor, [saved, result]: tf.Tensor[]) =>
    tf.mul(dy, tf.exp(tf.sub(saved as tf.Tensor, result as tf.Tensor)));
  return { value, gradFunc };
});

/** Log probability `[N, 1]` of mixtures whose components have the log probabilities `[N, k]`. */
export function mixtureLogProb(logits: tf.Tensor2D, components: tf.Tensor2D): tf.Tensor2D {
  return tf.sub(logSumExp(tf.add(logits, components)), logSumExp(logits));
}

/** sum of softmax(logits) * mu, `[N]`. */
export function mixtureMean(logits: tf.Tensor2D, mu: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.mul(tf.softmax(logits), mu), 1);
}

/** The value of one component per row, `[N, k]` and index `[N]` to `[N]`. */
export function chooseComponent(values: tf.Tensor2D, component: tf.Tensor1D): tf.Tensor1D {
  const chosen = tf.oneHot(tf.cast(component, 'int32'), values.shape[1]);
  return tf.sum(tf.mul(values, tf.cast(chosen, 'float32')), 1);
}

/** The component with the largest logit, `[N]`. */
export function likeliestComponent(logits: tf.Tensor2D): tf.Tensor1D {
  return tf.argMax(logits, 1);
}

/** A component per row, drawn from softmax(logits): the largest logit after adding Gumbel noise, `[N]`. */
export function drawComponent(logits: tf.Tensor2D, noise: Noise): tf.Tensor1D {
  const uniform = tf.clipByValue(noise.uniform(draws.outputComponent, logits.shape), 1e-7, 1 - 1e-7);
  return tf.argMax(tf.sub(logits, tf.log(tf.neg(tf.log(uniform)))), 1);
}
