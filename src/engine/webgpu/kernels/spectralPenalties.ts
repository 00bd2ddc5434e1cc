/** The penalties on the largest singular values of many weights; see ../../fused/spectralPenalties.ts for the formulas. */
import { type SpectralLayer, unitStart } from '../../fused/spectralPenalties.js';
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { beginsOf, type Matrix, matricesOf, timesColumns, timesRows } from './manyWeights.js';
import { mapThreads } from './map.js';
import { outerProducts, writeOuterProducts } from './outerProducts.js';
import { toUnit } from './unitVectors.js';

const sumOfSquares: Shader = {
  name: 'sum of squares',
  reads: ['x'],
  writes: ['sum'],
  integers: ['size'],
  threads: 256,
  sums: true,
  code: `
fn run(group: u32, thread: u32) {
  var own = 0.0;
  for (var i = thread; i < given.size; i += threads) { own += x[i] * x[i]; }
  let total = sum_of(own, thread);
  if (thread == 0) { sum[0] = total; }
}`,
};

/**
 * One workgroup per weight: the gradients at v1 to those at u, and the vectors `[3, rows]` of the outer products below. The
 * part along v1 is taken away twice: of what rounding leaves the first time, a weight with few outputs would make a large multiple.
 */
const throughNorm: Shader = {
  name: 'spectral penalty: gradients of unit vectors',
  reads: ['dy', 'v0', 'v1', 'dv1', 'norms', 'begins'],
  writes: ['du', 'vectors'],
  integers: ['weights', 'size'],
  floats: ['smallest_norm'],
  threads: mapThreads,
  sums: true,
  code: `
fn run(weight: u32, thread: u32) {
  if (weight >= given.weights) { return; }
  let begin = u32(begins[weight]);
  let end = u32(begins[weight + 1]);
  let is_unit = norms[weight] >= given.smallest_norm;
  var own = 0.0;
  for (var i = begin + thread; i < end; i += threads) { own += v1[i] * dv1[i]; }
  let inner = select(0.0, sum_of(own, thread), is_unit);
  own = 0;
  for (var i = begin + thread; i < end; i += threads) { own += v1[i] * (dv1[i] - v1[i] * inner); }
  let rest = select(0.0, sum_of(own, thread), is_unit);
  let factor = 2 * dy[0];
  for (var i = begin + thread; i < end; i += threads) {
    let gradient = factor * (dv1[i] - v1[i] * inner - v1[i] * rest) / max(norms[weight], given.smallest_norm);
    du[i] = gradient;
    vectors[i] = factor * v1[i];
    vectors[given.size + i] = gradient;
    vectors[2 * given.size + i] = v0[i];
  }
}`,
};

const gradients = outerProducts(
  'spectral penalty: gradients',
  ['vectors', 'a', 'b', 'da'],
  `vectors[row] * b[column] + vectors[given.rows + row] * a[column]
    + vectors[2 * given.rows + row] * da[column]`,
);

interface Plan {
  readonly matrices: readonly Matrix[];
  /** Lengths of all vectors together. */
  readonly rows: number;
  readonly columns: number;
}

function planOf(weights: readonly tf.TensorInfo[], layers: readonly SpectralLayer[]): Plan {
  const sizes = weights.map((weight, i) => {
    const rows = layers[i]!.start.length;
    return { rows, columns: sizeOf(weight) / rows };
  });
  const total = (key: 'rows' | 'columns') => sizes.reduce((sum, each) => sum + each[key], 0);
  return { matrices: matricesOf(weights, sizes), rows: total('rows'), columns: total('columns') };
}

function startsOf({ matrices, rows }: Plan, layers: readonly SpectralLayer[]): Float32Array {
  const starts = new Float32Array(rows);
  matrices.forEach(({ rowsBegin }, i) => {
    starts.set(unitStart(layers[i]!), rowsBegin);
  });
  return starts;
}

export const spectralPenaltiesKernels: readonly WebgpuKernel[] = [
  webgpuKernel('SpectralPenalties', (inputs, { layers, smallestNorm }, device) => {
    const plan = planOf(Object.values(inputs), layers as SpectralLayer[]);
    const { matrices } = plan;
    const v0 = device.constant(startsOf(plan, layers as SpectralLayer[]));
    const begins = device.constant(beginsOf(matrices.map(({ rows }) => rows)));
    const [a, b] = [device.output([plan.columns]), device.output([plan.columns])];
    const [u, v1] = [device.output([plan.rows]), device.output([plan.rows])];
    const [norms, sum] = [device.output([matrices.length]), device.output([])];
    timesRows(matrices, v0, a, device);
    timesColumns(matrices, a, u, device);
    device.run(toUnit, [u, begins], [v1, norms], [matrices.length, smallestNorm as number], matrices.length);
    timesRows(matrices, v1, b, device);
    device.run(sumOfSquares, [b], [sum], [plan.columns], 1);
    return [sum, v0, begins, v1, norms, a, b];
  }),

  webgpuKernel('SpectralPenaltiesGrad', (inputs, { layers, smallestNorm }, device) => {
    const count = (layers as SpectralLayer[]).length;
    const [dy, ...others] = Object.values(inputs) as [tf.TensorInfo, ...tf.TensorInfo[]];
    const [v0, begins, v1, norms, a, b] = others.slice(count) as Six<tf.TensorInfo>;
    const plan = planOf(others.slice(0, count), layers as SpectralLayer[]);
    const [dv1, du, vectors] = [1, 1, 3].map((n) => device.output([n * plan.rows])) as Three<tf.TensorInfo>;
    const da = device.output([plan.columns]);
    timesColumns(plan.matrices, b, dv1, device);
    const numbers = [count, plan.rows, smallestNorm as number];
    device.run(throughNorm, [dy, v0, v1, dv1, norms, begins], [du, vectors], numbers, count);
    timesRows(plan.matrices, du, da, device);
    const shapes = plan.matrices.map(({ weight }) => weight.shape);
    return writeOuterProducts(gradients, [vectors, a, b, da], plan.matrices, shapes, device);
  }),
];

type Three<T> = [T, T, T];
type Six<T> = [T, T, T, T, T, T];
