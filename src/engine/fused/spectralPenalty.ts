/** The penalty on the largest singular value of a weight, forward and backward one kernel each. */
import * as tf from '../tf.js';
import { type Attributes, type CompositeKernel, type Inputs, runMany, runOne } from './composite.js';

/** Norms are never divided by less than this. */
const smallestNorm = 1e-3;

function penalty({ weight, start }: Inputs, { rows }: Attributes): tf.Tensor[] {
  const w = tf.reshape(weight!, [rows as number, -1]); // W', [rows, out]
  const v0 = tf.reshape(start!, [-1, 1]) as tf.Tensor2D;
  const a = tf.matMul(w, v0, true); // W v0, [out, 1]
  const u = tf.matMul(w, a); // W' W v0, [rows, 1]
  const norm = tf.sqrt(tf.sum(tf.square(u)));
  const v1: tf.Tensor2D = tf.div(u, tf.maximum(norm, smallestNorm));
  const b = tf.matMul(w, v1, true); // W v1, [out, 1]
  return [tf.sum(tf.square(b)), norm, v1, a, b];
}

/** In closed form: the tape would go through three outer products as large as the weight. */
function gradient({ dy, weight, start, norm, v1, a, b }: Inputs, { rows }: Attributes): tf.Tensor {
  const w = tf.reshape(weight!, [rows as number, -1]);
  const v0 = tf.reshape(start!, [-1, 1]) as tf.Tensor2D;
  const db: tf.Tensor2D = tf.mul(b!, tf.mul(dy!, 2));
  const dv1 = tf.matMul(w, db);
  // Through v1 = u / |u|; where |u| is held at the smallest norm, v1 is linear in u.
  const isFree = tf.cast(tf.greaterEqual(norm!, smallestNorm), 'float32');
  const along = tf.mul(v1!, tf.mul(isFree, tf.sum(tf.mul(v1!, dv1))));
  const du: tf.Tensor2D = tf.div(tf.sub(dv1, along), tf.maximum(norm!, smallestNorm));
  const da = tf.matMul(w, du, true);
  const left = tf.concat([v1 as tf.Tensor2D, du, v0], 1);
  const right = tf.concat([db, a as tf.Tensor2D, da], 1);
  return tf.reshape(tf.matMul(left, right, false, true), weight!.shape);
}

export const spectralPenaltyKernels: CompositeKernel[] = [
  { name: 'SpectralPenalty', body: penalty },
  { name: 'SpectralPenaltyGrad', body: gradient },
];

tf.registerGradient({
  kernelName: 'SpectralPenalty',
  inputsToSave: ['weight', 'start'],
  outputsToSave: [false, true, true, true, true],
  gradFunc: (dys, saved, attributes) => {
    const [dy] = dys as tf.Tensor[];
    const [weight, start, norm, v1, a, b] = saved as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
    const inputs = { dy: dy!, weight, start, norm: norm!, v1: v1!, a: a!, b: b! };
    return { weight: () => runOne('SpectralPenaltyGrad', inputs, attributes) };
  },
});

/**
 * An estimate of the squared largest singular value of a weight, by one step of the power method: with W the weight as a
 * matrix `[out, rows]`, v1 = W'W v0 / |W'W v0|, it is |W v1|^2. The gradient in the weight goes through all of it.
 *
 * @param weight any shape whose last axes are the outputs: `[k, k, in, out]`
 * @param start v0, `[rows]`, of length 1; no gradient
 * @param rows inputs of each output: k * k * in
 */
export function spectralPenalty(weight: tf.Tensor, start: tf.Tensor, rows: number): tf.Scalar {
  return runMany('SpectralPenalty', { weight, start }, { rows, smallestNorm })[0] as tf.Scalar;
}

/** v / |v|, any shape. */
export function unitVector<T extends tf.Tensor>(v: T): T {
  return tf.div(v, tf.maximum(tf.norm(v), smallestNorm));
}
