/** The penalties on the largest singular values of many weights; see ../../fused/spectralPenalties.ts for the formulas. */
import { type SpectralLayer, unitStart } from '../../fused/spectralPenalties.js';
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { type Device, sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { type Matrix, timesColumns, timesRows } from './manyWeights.js';
import { mapThreads } from './map.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

/** WGSL: the sum of a value over the threads of a workgroup, in a fixed order; all threads must call it. */
const sumCode = `
var<workgroup> summands: array<f32, threads>;
fn sum_of(own: f32, thread: u32) -> f32 {
  workgroupBarrier();
  summands[thread] = own;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < threads; i++) { total += summands[i]; }
  return total;
}`;

/** One workgroup per weight: u = W' W v0 to v1, of length 1 unless it is very short. `begins` has where each vector begins, and the end. */
const toUnit: Shader = {
  name: 'spectral penalty: unit vectors',
  reads: ['u', 'begins'],
  writes: ['v1', 'norms'],
  integers: ['weights'],
  floats: ['smallest_norm'],
  threads: mapThreads,
  code: `${sumCode}
fn run(weight: u32, thread: u32) {
  if (weight >= given.weights) { return; }
  let begin = u32(begins[weight]);
  let end = u32(begins[weight + 1]);
  var own = 0.0;
  for (var i = begin + thread; i < end; i += threads) { own += u[i] * u[i]; }
  let norm = sqrt(sum_of(own, thread));
  for (var i = begin + thread; i < end; i += threads) { v1[i] = u[i] / max(norm, given.smallest_norm); }
  if (thread == 0) { norms[weight] = norm; }
}`,
};

const sumOfSquares: Shader = {
  name: 'sum of squares',
  reads: ['x'],
  writes: ['sum'],
  integers: ['size'],
  threads: 256,
  code: `${sumCode}
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
  code: `${sumCode}
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

const slots = 4;

/** dw[row, column] = the sum of three products of a value of the row and one of the column. */
const outerProducts = bySlots((count) => ({
  name: `spectral penalty: gradients of ${count} weights`,
  reads: ['vectors', 'a', 'b', 'da'],
  writes: slotNames('dw', count),
  integers: [
    'rows',
    ...['begin', 'columns', 'columnsBegin', 'groupsEnd', 'size'].flatMap((name) => slotNames(name, slots)),
  ],
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let ends = vec4u(${slotNames('given.groupsEnd', slots).join(', ')});
  var slot = 0u;
  var first = 0u;
  for (var k = 0u; k < ${count - 1}; k++) {
    if (group >= ends[k]) { slot = k + 1; first = ends[k]; }
  }
  let i = (group - first) * threads + thread;
  if (i >= vec4u(${slotNames('given.size', slots).join(', ')})[slot]) { return; }
  let columns = vec4u(${slotNames('given.columns', slots).join(', ')})[slot];
  let row = vec4u(${slotNames('given.begin', slots).join(', ')})[slot] + i / columns;
  let column = vec4u(${slotNames('given.columnsBegin', slots).join(', ')})[slot] + i % columns;
  let value = vectors[row] * b[column] + vectors[given.rows + row] * a[column]
    + vectors[2 * given.rows + row] * da[column];
  ${switchOf(count, 'dw$[i] = value;')}
}`,
}));

interface Plan {
  readonly matrices: readonly Matrix[];
  /** Lengths of all vectors together. */
  readonly rows: number;
  readonly columns: number;
}

function planOf(weights: readonly tf.TensorInfo[], layers: readonly SpectralLayer[]): Plan {
  let [rowsBegin, columnsBegin] = [0, 0];
  const matrices = weights.map((weight, i): Matrix => {
    const rows = layers[i]!.start.length;
    const columns = sizeOf(weight) / rows;
    const matrix = { weight, rows, columns, rowsBegin, columnsBegin };
    rowsBegin += rows;
    columnsBegin += columns;
    return matrix;
  });
  return { matrices, rows: rowsBegin, columns: columnsBegin };
}

function beginsOf({ matrices, rows }: Plan): Float32Array {
  return Float32Array.of(...matrices.map(({ rowsBegin }) => rowsBegin), rows);
}

function startsOf({ matrices, rows }: Plan, layers: readonly SpectralLayer[]): Float32Array {
  const starts = new Float32Array(rows);
  matrices.forEach(({ rowsBegin }, i) => {
    starts.set(unitStart(layers[i]!), rowsBegin);
  });
  return starts;
}

function writeGradients(
  { matrices, rows }: Plan,
  reads: readonly tf.TensorInfo[],
  device: Device,
): tf.TensorInfo[] {
  return inSlots(matrices, slots).flatMap((some) => {
    const results = some.map(({ weight }) => device.output(weight.shape));
    const sizes = results.map(sizeOf);
    let groups = 0;
    const ends = sizes.map((size) => {
      groups += Math.ceil(size / mapThreads);
      return groups;
    });
    const lists = (['rowsBegin', 'columns', 'columnsBegin'] as const).map((key) =>
      some.map((matrix) => matrix[key]),
    );
    const numbers = [...lists, ends, sizes].flatMap((list) => [
      ...list,
      ...Array(slots - list.length).fill(0),
    ]);
    device.run(outerProducts(some.length), reads, results, [rows, ...numbers], groups);
    return results;
  });
}

export const spectralPenaltiesKernels: readonly WebgpuKernel[] = [
  webgpuKernel('SpectralPenalties', (inputs, { layers, smallestNorm }, device) => {
    const plan = planOf(Object.values(inputs), layers as SpectralLayer[]);
    const { matrices } = plan;
    const v0 = device.constant(startsOf(plan, layers as SpectralLayer[]));
    const begins = device.constant(beginsOf(plan));
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
    return writeGradients(plan, [vectors, a, b, da], device);
  }),
];

type Three<T> = [T, T, T];
type Six<T> = [T, T, T, T, T, T];
