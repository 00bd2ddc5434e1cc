/** The penalty on the largest singular value of a weight, forward and backward one kernel each. */
import * as tf from '../tf.js';
import { type Attributes, type CompositeKernel, type Inputs, runMany, runOne } from './composite.js';

/** Norms are never divided by less than this. */
const smallestNorm = 1e-3;

/** Input channels first, as it is drawn, to taps first, as the weights have it, `[taps * in, 1]`; of length 1. */
function unitStart(start: tf.Tensor, inputs: number): tf.Tensor2D {
  const ordered = tf.reshape(tf.transpose(tf.reshape(start, [inputs, -1])), [start.size, 1]);
  return tf.div(ordered, tf.maximum(tf.sqrt(tf.sum(tf.square(ordered))), smallestNorm));
}

function penalty({ weight, start }: Inputs, { inputs }: Attributes): tf.Tensor[] {
  const w = tf.reshape(weight!, [start!.size, -1]); // W', [taps * in, out]
  const v0 = unitStart(start!, inputs as number);
  const a = tf.matMul(w, v0, true); // W v0, [out, 1]
  const u = tf.matMul(w, a); // W' W v0, [taps * in, 1]
  const norm = tf.sqrt(tf.sum(tf.square(u)));
  const v1: tf.Tensor2D = tf.div(u, tf.maximum(norm, smallestNorm));
  const b = tf.matMul(w, v1, true); // W v1, [out, 1]
  return [tf.sum(tf.square(b)), norm, v0, v1, a, b];
}

/** In closed form: the tape would go through three outer products as large as the weight. */
function gradient({ dy, weight, start, norm, v0, v1, a, b }: Inputs): tf.Tensor {
  const w = tf.reshape(weight!, [start!.size, -1]);
  const db: tf.Tensor2D = tf.mul(b!, tf.mul(dy!, 2));
  const dv1 = tf.matMul(w, db);
  // Through v1 = u / |u|; where |u| is held at the smallest norm, v1 is linear in u.
  const isFree = tf.cast(tf.greaterEqual(norm!, smallestNorm), 'float32');
  const along = tf.mul(v1!, tf.mul(isFree, tf.sum(tf.mul(v1!, dv1))));
  const du: tf.Tensor2D = tf.div(tf.sub(dv1, along), tf.maximum(norm!, smallestNorm));
  const da = tf.matMul(w, du, true);
  const left = tf.concat([v1, du, v0] as tf.Tensor2D[], 1);
  const right = tf.concat([db, a, da] as tf.Tensor2D[], 1);
  return tf.reshape(tf.matMul(left, right, false, true), weight!.shape);
}

export const spectralPenaltyKernels: CompositeKernel[] = [
  { name: 'SpectralPenalty', body: penalty },
  { name: 'SpectralPenaltyGrad', body: gradient },
];

const saved = ['weight', 'start', 'norm', 'v0', 'v1', 'a', 'b'];

tf.registerGradient({
  kernelName: 'SpectralPenalty',
  inputsToSave: ['weight', 'start'],
  outputsToSave: [false, true, true, true, true, true],
  gradFunc: (dys, tensors, attributes) => {
    const [dy] = dys as tf.Tensor[];
    const inputs = Object.fromEntries(saved.map((name, i) => [name, tensors[i]!]));
    return { weight: () => runOne('SpectralPenaltyGrad', { dy: dy!, ...inputs }, attributes) };
  },
});

/**
 * An estimate of the squared largest singular value of a weight, by one step of the power method: with W the weight as a
 * matrix `[out, taps * in]` and v0 the start at length 1, v1 = W'W v0 / |W'W v0|, it is |W v1|^2. The gradient in the weight
 * goes through all of it.
 *
 * @param weight `[k, k, in, out]`, or depthwise `[k, k, channels, 1]` with one input channel
 * @param start v0, `[in * k * k]`, input channels first, of any length; no gradient
 * @param inputs input channels
 */
export function spectralPenalty(weight: tf.Tensor, start: tf.Tensor, inputs: number): tf.Scalar {
  return runMany('SpectralPenalty', { weight, start }, { inputs, smallestNorm })[0] as tf.Scalar;
}
