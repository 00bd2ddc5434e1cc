/** Batch normalisation followed by an activation; forward and backward are one kernel each. */
import { computedAgain } from '../gradients/computedAgain.js';
import { isLastUse } from '../gradients/lastUse.js';
import * as tf from '../tf.js';
import { type Attributes, type CompositeKernel, type Inputs, runMany, runOne } from './composite.js';
import { siluGradient } from './silu.js';

export type Activation = 'none' | 'silu';

export interface BatchNormResult {
  /** Normalised and activated values, with the shape of x. */
  readonly y: tf.Tensor4D;
  /** Batch mean per channel, `[channels]`; no gradient. */
  readonly mean: tf.Tensor1D;
  /** Biased batch variance per channel, `[channels]`; no gradient. */
  readonly variance: tf.Tensor1D;
}

const overPixels = [0, 1, 2];

function deviation(variance: tf.Tensor, { epsilon }: Attributes): tf.Tensor {
  return tf.sqrt(tf.add(variance, epsilon as number));
}

function normalized({ x, mean, variance, gamma, beta }: Inputs, attributes: Attributes): tf.Tensor {
  const scale = tf.div(gamma!, deviation(variance!, attributes));
  const y = tf.add(tf.mul(tf.sub(x!, mean!), scale), beta!);
  return attributes.activation === 'silu' ? tf.mul(y, tf.sigmoid(y)) : y;
}

function train(inputs: Inputs, attributes: Attributes): tf.Tensor[] {
  const mean = tf.mean(inputs.x!, overPixels);
  const variance = tf.mean(tf.square(tf.sub(inputs.x!, mean)), overPixels);
  return [normalized({ ...inputs, mean, variance }, attributes), mean, variance];
}

function trainGradient(inputs: Inputs, attributes: Attributes): tf.Tensor[] {
  const { dy, x, gamma, beta, mean, variance } = inputs;
  const sd = deviation(variance!, attributes);
  const xhat = tf.div(tf.sub(x!, mean!), sd);
  const g = attributes.activation === 'silu' ? siluGradient(dy!, tf.add(tf.mul(xhat, gamma!), beta!)) : dy!;
  const rows = x!.size / gamma!.size;
  const dbeta = tf.sum(g, overPixels);
  const dgamma = tf.sum(tf.mul(g, xhat), overPixels);
  const centred = tf.sub(tf.sub(g, tf.div(dbeta, rows)), tf.mul(xhat, tf.div(dgamma, rows)));
  return [tf.mul(tf.div(gamma!, sd), centred), dgamma, dbeta];
}

export const batchNormKernels: CompositeKernel[] = [
  { name: 'BatchNormTrain', body: train },
  { name: 'BatchNormTrainGrad', body: trainGradient },
  { name: 'BatchNormInference', body: normalized },
];

function savedInputs([x, gamma, beta, mean, variance]: readonly tf.Tensor[]) {
  return { x: x!, gamma: gamma!, beta: beta!, mean: mean!, variance: variance! };
}

tf.registerGradient({
  kernelName: 'BatchNormTrain',
  inputsToSave: ['x', 'gamma', 'beta'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attributes) => {
    const [dy] = dys as tf.Tensor[];
    // Not inside the functions below: tfjs disposes of tensors after each of them, and one kernel computes all three.
    const [dx, dgamma, dbeta] = runMany(
      'BatchNormTrainGrad',
      { dy: dy!, ...savedInputs(saved) },
      { ...attributes, overwritesDy: isLastUse(dy!) },
    );
    return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! };
  },
});

/**
 * Batch normalisation with batch statistics, followed by an activation.
 * x is `[batch, height, width, channels]`, gamma and beta are `[channels]`; differentiable in all three.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  activation: Activation,
): BatchNormResult {
  const [y, mean, variance] = runMany('BatchNormTrain', { x, gamma, beta }, { epsilon, activation });
  computedAgain(y as tf.Tensor, {
    compute: (saved) => runOne('BatchNormInference', savedInputs(saved), { epsilon, activation }),
    halfPrecisionOnly: true,
  });
  return { y: y as tf.Tensor4D, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/** Batch normalisation with given statistics, followed by an activation; shapes as in {@link batchNormTrain}. No gradient. */
export function batchNormInference(
  x: tf.Tensor4D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  activation: Activation,
): tf.Tensor4D {
  return runOne('BatchNormInference', { x, mean, variance, gamma, beta }, { epsilon, activation });
}
