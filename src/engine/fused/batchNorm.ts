/** Batch normalisation followed by an activation; forward and backward are one kernel each. */
import { computedAgain } from '../gradients/computedAgain.js';
import { isLastUse } from '../gradients/lastUse.js';
import * as tf from '../tf.js';
import { addUp, type WholeBatch, wholeRows } from '../wholeBatch.js';
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
  const own = statisticsOf(inputs.x!);
  const whole = attributes.whole as WholeBatch | undefined;
  const [mean, variance] = whole ? statisticsOfAll(inputs.x!, own, whole) : own;
  return [normalized({ ...inputs, mean, variance }, attributes), mean, variance];
}

function statisticsOf(x: tf.Tensor): [mean: tf.Tensor, variance: tf.Tensor] {
  const mean = tf.mean(x, overPixels);
  return [mean, tf.mean(tf.square(tf.sub(x, mean)), overPixels)];
}

/** In double precision, so that sums of squares cost no accuracy, however far the mean is from 0. */
function statisticsOfAll(
  { shape, size }: tf.Tensor,
  [mean, variance]: readonly [tf.Tensor, tf.Tensor],
  whole: WholeBatch,
): [mean: tf.Tensor, variance: tf.Tensor] {
  const [means, variances] = [mean, variance].map((own) =>
    Float64Array.from(own.dataSync()),
  ) as Two<Float64Array>;
  const rows = size / means.length;
  const squares = means.map((m, c) => (variances[c] ?? Number.NaN) + m * m);
  const sums = Float64Array.of(...means, ...squares).map((value) => value * rows);
  addUp(whole, sums);
  const averages = sums.map((sum) => sum / wholeRows(whole, shape));
  const [all, allSquares] = [averages.subarray(0, means.length), averages.subarray(means.length)];
  const spread = allSquares.map((square, c) => Math.max(0, square - (all[c] ?? Number.NaN) ** 2));
  return [tf.tensor1d(Float32Array.from(all)), tf.tensor1d(Float32Array.from(spread))];
}

/** The sums over the whole batch; nothing if no image here counts. */
function sumsOfAll(own: readonly tf.Tensor[], whole: WholeBatch): tf.Tensor[] {
  const sums = Float64Array.from(tf.concat(own.map((sum) => tf.reshape(sum, [-1]))).dataSync());
  addUp(whole, sums);
  if (whole.own === 0) sums.fill(0);
  return tf.split(tf.tensor1d(Float32Array.from(sums)), own.length);
}

function trainGradient(inputs: Inputs, attributes: Attributes): tf.Tensor[] {
  const { dy, x, gamma, beta, mean, variance } = inputs;
  const sd = deviation(variance!, attributes);
  const xhat = tf.div(tf.sub(x!, mean!), sd);
  const g = attributes.activation === 'silu' ? siluGradient(dy!, tf.add(tf.mul(xhat, gamma!), beta!)) : dy!;
  const whole = attributes.whole as WholeBatch | undefined;
  const rows = whole ? wholeRows(whole, x!.shape) : x!.size / gamma!.size;
  const dbeta = tf.sum(g, overPixels);
  const dgamma = tf.sum(tf.mul(g, xhat), overPixels);
  const [dbetas, dgammas] = whole ? sumsOfAll([dbeta, dgamma], whole) : [dbeta, dgamma];
  const centred = tf.sub(tf.sub(g, tf.div(dbetas!, rows)), tf.mul(xhat, tf.div(dgammas!, rows)));
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
 *
 * With `whole`, x is a part of a batch, whose statistics are used: y is then what the whole batch would give. The gradient in x includes
 * what the other parts' results lose by it, if all make their backward passes, too; those in gamma and beta are of this part alone, and
 * the caller adds them up.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  activation: Activation,
  whole?: WholeBatch,
): BatchNormResult {
  const attributes = { epsilon, activation, ...(whole && { whole }) };
  const [y, mean, variance] = runMany('BatchNormTrain', { x, gamma, beta }, attributes);
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

type Two<T> = [T, T];
