/** The largest singular values of many weights, by power iterations that continue where the last call ended. */
import * as tf from '../tf.js';
import { type Attributes, type CompositeKernel, runMany } from './composite.js';

/** A norm up to this counts as zero. */
const smallestNorm = 1e-12;

/** A weight seen as a matrix W' `[rows, columns]`. */
export interface NormedWeight {
  /** `[k, k, in, out]`, or depthwise `[k, k, channels, 1]`. */
  readonly weight: tf.Tensor;
  /** Rows of the matrix, the inputs of one output: `k * k * in`, or depthwise `k * k`. The columns are the outputs. */
  readonly rows: number;
}

interface Layer {
  readonly rows: number;
  readonly columns: number;
}

/** Weights in sequence whose matrices have the same shape; they are multiplied together. */
interface Group extends Layer {
  readonly begin: number;
  readonly count: number;
}

function groupsOf(layers: readonly Layer[]): Group[] {
  const groups: Group[] = [];
  layers.forEach(({ rows, columns }, i) => {
    const last = groups.at(-1);
    const isSame = last?.rows === rows && last.columns === columns;
    if (isSame) groups[groups.length - 1] = { ...last, count: last.count + 1 };
    else groups.push({ rows, columns, begin: i, count: 1 });
  });
  return groups;
}

/** Splits vectors of all weights, stored in sequence, into one `[count, length, 1]` per group. */
function split(
  vectors: tf.Tensor,
  groups: readonly Group[],
  length: (group: Group) => number,
): tf.Tensor3D[] {
  const sizes = groups.map((group) => group.count * length(group));
  const parts = groups.length === 1 ? [vectors] : tf.split(vectors, sizes);
  return parts.map((part, i) => tf.reshape(part, [groups[i]?.count ?? 0, -1, 1]) as tf.Tensor3D);
}

const join = (parts: readonly tf.Tensor[]) => tf.concat(parts.map((part) => tf.reshape(part, [-1])));

/** Lengths of vectors `[count, length, 1]`. */
const lengths = (x: tf.Tensor) => tf.sqrt(tf.sum(tf.square(x), 1, true));

/** Returns the sum of the singular values, u and v of all weights. */
function norms(tensors: readonly tf.Tensor[], layers: readonly Layer[], iterations: number): tf.Tensor[] {
  const groups = groupsOf(layers);
  const starts = split(tensors.at(-1) as tf.Tensor, groups, ({ columns }) => columns);
  const results = groups.map(({ begin, count, rows }, i) => {
    const own = tensors.slice(begin, begin + count);
    const stacked = count === 1 ? (own[0] as tf.Tensor) : tf.stack(own);
    const w: tf.Tensor3D = tf.reshape(stacked, [count, rows, -1]);
    const before = starts[i] as tf.Tensor3D;
    let [u, v, norm]: [tf.Tensor3D, tf.Tensor3D, tf.Tensor] = [before, before, before];
    for (let k = 0; k < iterations; k += 1) {
      const a = tf.matMul(w, u); // [count, rows, 1]
      v = tf.div(a, tf.maximum(lengths(a), smallestNorm));
      const b = tf.matMul(w, v, true); // [count, columns, 1]
      norm = lengths(b);
      u = tf.div(b, tf.maximum(norm, smallestNorm));
    }
    // A weight of zeros has no direction; the vector waits for one that has.
    return { u: tf.where(tf.greater(norm, smallestNorm), u, before), v, sum: tf.sum(norm) };
  });
  return [
    tf.addN(results.map(({ sum }) => sum)),
    join(results.map(({ u }) => u)),
    join(results.map(({ v }) => v)),
  ];
}

/** Returns dy v u' for each weight. */
function gradients(
  { dy, u, v }: Readonly<Record<string, tf.Tensor>>,
  layers: readonly Layer[],
  shapes: readonly (readonly number[])[],
): tf.Tensor[] {
  const groups = groupsOf(layers);
  const us = split(u as tf.Tensor, groups, ({ columns }) => columns);
  const vs = split(tf.mul(v as tf.Tensor, dy as tf.Tensor), groups, ({ rows }) => rows);
  return groups.flatMap(({ begin }, i) => {
    const dw = tf.matMul(vs[i] as tf.Tensor3D, us[i] as tf.Tensor3D, false, true);
    return tf.unstack(dw).map((part, k) => tf.reshape(part, [...(shapes[begin + k] ?? [])]));
  });
}

export const spectralNormsKernels: CompositeKernel[] = [
  {
    name: 'SpectralNorms',
    body: (tensors, { layers, iterations }) =>
      norms(Object.values(tensors), layers as Layer[], iterations as number),
  },
  {
    name: 'SpectralNormsGrad',
    body: (tensors, { layers, shapes }) => gradients(tensors, layers as Layer[], shapes as number[][]),
  },
];

/**
 * Returns the sum over weights of an estimate of the largest singular value, sigma = u' W v with W the weight as a matrix
 * `[out, taps * in]`, and u and v of length 1 from power iterations: v = W'u / |W'u|, u = W v / |W v|. u and v are constants for the
 * gradient, so the gradient of sigma in W is u v' (Yoshida & Miyato 2017, Miyato et al. 2018).
 *
 * @param given the weights; large ones first, and those of one shape in sequence, so that they are processed together
 * @param before u of every weight, stored in sequence, `[sum of columns]`: any values for a start, later the vectors of the last call
 * @param iterations at least 1
 * @returns `sum`, differentiable in the weights, and `vectors`, the new u, which no scope disposes of: it is the caller's
 */
export function spectralNorms(
  given: readonly NormedWeight[],
  before: tf.Tensor1D,
  iterations: number,
): { readonly sum: tf.Scalar; readonly vectors: tf.Tensor1D } {
  const shapes = given.map(({ weight }) => weight.shape);
  const layers = given.map(({ weight, rows }): Layer => ({ rows, columns: weight.size / rows }));
  const attributes: Attributes = { layers, shapes, iterations, smallestNorm };
  const kept: tf.Tensor[] = [];
  const forward = (...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = inputs.at(-1) as tf.GradSaveFunc;
    const weights = inputs.slice(0, -1) as tf.Tensor[];
    const [sum, u, v] = runMany('SpectralNorms', [...weights, before], attributes) as Three<tf.Tensor>;
    save([u, v]);
    kept.push(tf.keep(u));
    return {
      value: sum as tf.Scalar,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
        const [u, v] = saved as [tf.Tensor, tf.Tensor];
        return tf
          .engine()
          .runKernel('SpectralNormsGrad', { dy, u, v }, attributes as tf.NamedAttrMap) as tf.Tensor[];
      },
    };
  };
  // tfjs names the operation on the tape after the scope.
  const sum = tf.tidy('SpectralNorms', () => {
    return tf.customGrad(forward)(...given.map(({ weight }) => weight)) as tf.Scalar;
  });
  return { sum, vectors: kept[0] as tf.Tensor1D };
}

type Three<T> = [T, T, T];
