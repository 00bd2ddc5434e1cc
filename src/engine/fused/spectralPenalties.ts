/** The penalties on the largest singular values of many weights; forward and backward are one kernel each. */
import * as tf from '../tf.js';
import type { CompositeKernel } from './composite.js';
import { halfSumOfSquares } from './halfSumOfSquares.js';
import { together } from './together.js';

/** Lower bound of the divisor when dividing by a norm. */
const smallestNorm = 1e-3;

export interface SpectralWeight {
  /** `[k, k, in, out]`, or depthwise `[k, k, channels, 1]` with one input channel. */
  readonly weight: tf.Tensor;
  /** v0, `in * k * k` values, input channels first, of any length; no gradient. */
  readonly start: Float32Array;
  /** Input channels. */
  readonly inputs: number;
}

/** What its kernels know of a weight besides its values. */
export type SpectralLayer = Pick<SpectralWeight, 'start' | 'inputs'>;

/** A group of weights whose matrices `[rows, columns]` have the same shape; they are multiplied together. */
interface Group {
  readonly members: readonly number[];
  readonly shape: readonly number[];
  readonly rows: number;
}

function groupsOf(weights: readonly tf.Tensor[], layers: readonly SpectralLayer[]): Group[] {
  const groups = new Map<string, Group & { readonly members: number[] }>();
  weights.forEach(({ shape }, i) => {
    const rows = layers[i]?.start.length ?? 0;
    const key = `${rows}/${shape}`;
    const group = groups.get(key) ?? { members: [], shape, rows };
    group.members.push(i);
    groups.set(key, group);
  });
  return [...groups.values()];
}

/** Converts the start vector from input channels first, as it is drawn, to taps first, as in the weights; scales it to length 1. */
export function unitStart({ start, inputs }: SpectralLayer): Float32Array {
  const taps = start.length / inputs;
  const length = Math.sqrt(start.reduce((sum, value) => sum + value * value, 0));
  const divisor = Math.max(length, smallestNorm);
  return start.map((_, i) => (start[(i % inputs) * taps + Math.floor(i / inputs)] ?? 0) / divisor);
}

/** Returns v0 of every group, `[members, rows, 1]`, with one copy to the device. */
function unitStarts(groups: readonly Group[], layers: readonly SpectralLayer[]): tf.Tensor3D[] {
  const units = groups.flatMap(({ members }) =>
    members.map((member) => unitStart(layers[member] as SpectralLayer)),
  );
  const all = new Float32Array(units.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const unit of units) {
    all.set(unit, at);
    at += unit.length;
  }
  const sizes = groups.map(({ members, rows }) => members.length * rows);
  return tf
    .split(tf.tensor1d(all), sizes)
    .map((part, i) => tf.reshape(part, [-1, groups[i]?.rows ?? 1, 1]) as tf.Tensor3D);
}

/** Returns the matrices of a group, W' `[members, rows, columns]`. */
function matrices({ members, rows }: Group, weights: readonly tf.Tensor[]): tf.Tensor3D {
  const own = members.map((member) => weights[member] as tf.Tensor);
  const stacked = own.length === 1 ? (own[0] as tf.Tensor) : tf.stack(own);
  return tf.reshape(stacked, [members.length, rows, -1]);
}

function penalties(weights: readonly tf.Tensor[], layers: readonly SpectralLayer[]): tf.Tensor[] {
  const groups = groupsOf(weights, layers);
  const v0s = unitStarts(groups, layers);
  const products = groups.map((group, i) => {
    const w = matrices(group, weights);
    const a = tf.matMul(w, v0s[i] as tf.Tensor3D, true); // W v0, [members, columns, 1]
    const u = tf.matMul(w, a); // W' W v0, [members, rows, 1]
    return { w, a, u };
  });
  const counts = groups.map(({ members }) => members.length);
  const squares = products.map(({ u }) => tf.sum(tf.square(u), 1, true));
  const norms = tf.sqrt(tf.concat(squares)); // [weights, 1, 1], in the order of the groups
  const divisors = tf.split(tf.maximum(norms, smallestNorm), counts);
  // If the norm is below the smallest norm, v1 is linear in u.
  const free = tf.cast(tf.greaterEqual(norms, smallestNorm), 'float32');
  const halves: tf.Tensor[] = [];
  const state = products.flatMap(({ w, a, u }, i) => {
    const divisor = divisors[i] as tf.Tensor;
    const v1: tf.Tensor3D = tf.div(u, divisor);
    const b = tf.matMul(w, v1, true); // W v1, [members, columns, 1]
    halves.push(halfSumOfSquares(b));
    return [w, a, b, v0s[i] as tf.Tensor, v1, divisor];
  });
  return [tf.mul(tf.addN(halves), 2), free, ...state];
}

const stateOfGroup = 6;

/** Computes the gradients in closed form: the tape would create three outer products as large as the weights. */
function gradients(
  dy: tf.Tensor,
  weights: readonly tf.Tensor[],
  [free, ...state]: readonly tf.Tensor[],
  layers: readonly SpectralLayer[],
): tf.Tensor[] {
  const twice = tf.mul(dy, 2);
  const groups = groupsOf(weights, layers).map((group, i) => {
    const own = state.slice(stateOfGroup * i, stateOfGroup * (i + 1)) as tf.Tensor3D[];
    const [w, a, b, v0, v1, divisor] = own as Six<tf.Tensor3D>;
    const db: tf.Tensor3D = tf.mul(b, twice);
    const dv1 = tf.matMul(w, db);
    return { group, w, a, v0, v1, divisor, db, dv1, inner: tf.sum(tf.mul(v1, dv1), 1, true) };
  });
  const inner = tf.mul(tf.concat(groups.map((each) => each.inner)), free as tf.Tensor);
  const inners = tf.split(
    inner,
    groups.map(({ group }) => group.members.length),
  );
  const results: tf.Tensor[] = [];
  groups.forEach(({ group: { members, shape }, w, a, v0, v1, divisor, db, dv1 }, i) => {
    const du: tf.Tensor3D = tf.div(tf.sub(dv1, tf.mul(v1, inners[i] as tf.Tensor)), divisor);
    const da = tf.matMul(w, du, true);
    const dw = tf.matMul(tf.concat([v1, du, v0], 2), tf.concat([db, a, da], 2), false, true);
    const shaped = tf.reshape(dw, members.length === 1 ? [...shape] : [members.length, ...shape]);
    const parts = members.length === 1 ? [shaped] : tf.unstack(shaped);
    members.forEach((member, k) => {
      results[member] = parts[k] as tf.Tensor;
    });
  });
  return results;
}

type Six<T> = [T, T, T, T, T, T];

export const spectralPenaltiesKernels: CompositeKernel[] = [
  {
    name: 'SpectralPenalties',
    body: (weights, { layers }) => penalties(Object.values(weights), layers as SpectralLayer[]),
  },
  {
    name: 'SpectralPenaltiesGrad',
    body: (tensors, { layers }) => {
      const all = layers as SpectralLayer[];
      const [dy, ...others] = Object.values(tensors) as [tf.Tensor, ...tf.Tensor[]];
      return gradients(dy, others.slice(0, all.length), others.slice(all.length), all);
    },
  },
];

/**
 * Returns the sum over weights of an estimate of the squared largest singular value, by one step of the power method. With W
 * the weight as a matrix `[out, taps * in]` and v0 the start vector at length 1, v1 = W'W v0 / |W'W v0| and the estimate is
 * |W v1|^2. The gradient in the weights includes all of these steps.
 */
export function spectralPenalties(given: readonly SpectralWeight[]): tf.Scalar {
  const layers = given.map(({ start, inputs }) => ({ start, inputs }));
  return together(
    'SpectralPenalties',
    given.map(({ weight }) => weight),
    { layers, smallestNorm },
  );
}
