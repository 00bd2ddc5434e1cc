/**
 * Batch normalisation with an optional SiLU; see ../../fused/batchNorm.ts. x is seen as a matrix `[rows, channels]`. Statistics and sums
 * come from blocks of rows, which are joined in their order.
 */
import type { Attributes } from '../../fused/composite.js';
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import {
  type ColumnLayout,
  columnCode,
  columnIntegers,
  columnLayout,
  columnNumbers,
  columnThreads,
} from './columns.js';
import { type Device, type Inputs, sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { siluCode } from './silu.js';

/** The blocks of another shader, whose results are read. */
const blockIntegers = ['statisticBlocks', 'statisticRows'] as const;

/** Mean and biased variance of the columns of each block, `[blocks, columns]`. */
const blockStatistics: Shader = {
  name: 'batch norm: statistics of blocks',
  reads: ['x'],
  writes: ['mean', 'variance'],
  integers: columnIntegers,
  threads: columnThreads,
  code: `${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across * given.blocks) { return; }
  let place = place_of(group, thread);
  let count = f32(place.end - place.begin);
  var sum = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    sum += x[row * given.columns + place.column];
  }
  let average = joined(vec2f(sum, 0), thread).x / count;
  var squares = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let distance = x[row * given.columns + place.column] - average;
    squares += distance * distance;
  }
  let total = joined(vec2f(squares, 0), thread).x;
  if (place.lane > 0 || place.column >= given.columns) { return; }
  mean[place.block * given.columns + place.column] = average;
  variance[place.block * given.columns + place.column] = total / count;
}`,
};

/** WGSL: mean and biased variance of a column in x, all of whose rows are in one workgroup. */
const columnStatisticsCode = `
fn statistics_of(place: Place, thread: u32) -> vec2f {
  var sum = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    sum += x[row * given.columns + place.column];
  }
  let average = joined(vec2f(sum, 0), thread).x / f32(given.rows);
  var squares = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let distance = x[row * given.columns + place.column] - average;
    squares += distance * distance;
  }
  return vec2f(average, joined(vec2f(squares, 0), thread).x / f32(given.rows));
}`;

/** All in one dispatch, for few rows. */
const normalizeFew: Shader = {
  name: 'batch norm of few rows',
  reads: ['x', 'gamma', 'beta'],
  writes: ['y', 'mean', 'variance'],
  integers: [...columnIntegers, 'activated'],
  floats: ['epsilon'],
  threads: columnThreads,
  code: `${columnCode}${columnStatisticsCode}${siluCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across) { return; }
  let place = place_of(group, thread);
  let statistics = statistics_of(place, thread);
  let c = place.column;
  if (c >= given.columns) { return; }
  if (place.lane == 0) {
    mean[c] = statistics.x;
    variance[c] = statistics.y;
  }
  let scale = gamma[c] / sqrt(statistics.y + given.epsilon);
  for (var row = place.lane; row < given.rows; row += place.lanes) {
    let i = row * given.columns + c;
    let value = (x[i] - statistics.x) * scale + beta[c];
    y[i] = select(value, silu(value), given.activated == 1);
  }
}`,
};

/** As above. Computes mean and variance again: a shader could not read them besides the others, and write three results. */
const gradientsOfFew: Shader = {
  name: 'batch norm: gradients of few rows',
  reads: ['dy', 'x', 'gamma', 'beta'],
  writes: ['dx', 'dgamma', 'dbeta'],
  integers: [...columnIntegers, 'activated'],
  floats: ['epsilon'],
  threads: columnThreads,
  code: `${columnCode}${columnStatisticsCode}${siluCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across) { return; }
  let place = place_of(group, thread);
  let statistics = statistics_of(place, thread);
  let c = min(place.column, given.columns - 1);
  let inverse = 1 / sqrt(statistics.y + given.epsilon);
  var own = vec2f(0);
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * given.columns + c;
    let normalized = (x[i] - statistics.x) * inverse;
    let slope = select(1.0, silu_slope(normalized * gamma[c] + beta[c]), given.activated == 1);
    own += dy[i] * slope * vec2f(normalized, 1);
  }
  let total = joined(own, thread);
  if (place.column >= given.columns) { return; }
  if (place.lane == 0) {
    dgamma[c] = total.x;
    dbeta[c] = total.y;
  }
  let means = total / f32(given.rows);
  for (var row = place.lane; row < given.rows; row += place.lanes) {
    let i = row * given.columns + c;
    let normalized = (x[i] - statistics.x) * inverse;
    let slope = select(1.0, silu_slope(normalized * gamma[c] + beta[c]), given.activated == 1);
    dx[i] = gamma[c] * inverse * (dy[i] * slope - means.y - normalized * means.x);
  }
}`,
};

/** y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta). */
const normalize: Shader = {
  name: 'batch norm: normalize',
  reads: ['x', 'mean', 'variance', 'gamma', 'beta'],
  writes: ['y'],
  integers: ['size', 'columns', 'activated'],
  floats: ['epsilon'],
  threads: mapThreads,
  code: `${siluCode}
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let c = i % given.columns;
  let value = (x[i] - mean[c]) * (gamma[c] / sqrt(variance[c] + given.epsilon)) + beta[c];
  y[i] = select(value, silu(value), given.activated == 1);
}`,
};

/**
 * Normalises with the statistics of blocks, which each thread joins for its column (Chan et al. 1983), and writes those of the whole.
 * `statisticBlocks` and `statisticRows` are the number of those blocks and their rows.
 */
const normalizeBlocks: Shader = {
  name: 'batch norm: normalize with statistics of blocks',
  reads: ['x', 'means', 'variances', 'gamma', 'beta'],
  writes: ['y', 'mean', 'variance'],
  integers: [...columnIntegers, ...blockIntegers, 'activated'],
  floats: ['epsilon'],
  threads: columnThreads,
  code: `${columnCode}${siluCode}
fn share_of(block: u32) -> f32 {
  return f32(min(given.statisticRows, given.rows - block * given.statisticRows)) / f32(given.rows);
}
fn run(group: u32, thread: u32) {
  if (group >= given.across * given.blocks) { return; }
  let place = place_of(group, thread);
  let c = place.column;
  if (c >= given.columns) { return; }
  var average = 0.0;
  for (var block = 0u; block < given.statisticBlocks; block++) {
    average += share_of(block) * means[block * given.columns + c];
  }
  var spread = 0.0;
  for (var block = 0u; block < given.statisticBlocks; block++) {
    let distance = means[block * given.columns + c] - average;
    spread += share_of(block) * (variances[block * given.columns + c] + distance * distance);
  }
  if (place.block == 0 && place.lane == 0) {
    mean[c] = average;
    variance[c] = spread;
  }
  let scale = gamma[c] / sqrt(spread + given.epsilon);
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * given.columns + c;
    let value = (x[i] - average) * scale + beta[c];
    y[i] = select(value, silu(value), given.activated == 1);
  }
}`,
};

const gradientReads = ['dy', 'x', 'gamma', 'beta', 'mean', 'variance'];

/**
 * Of the columns of each block: the sums of the gradient times the normalised x, and of the gradient, `[2 blocks, columns]`. Then mean, one
 * divided by the standard deviation, gamma and beta: a shader could not read them all and write three results.
 */
const blockGradients: Shader = {
  name: 'batch norm: sums of blocks',
  reads: gradientReads,
  writes: ['sums'],
  integers: [...columnIntegers, 'activated'],
  floats: ['epsilon'],
  threads: columnThreads,
  code: `${siluCode}${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across * given.blocks) { return; }
  let place = place_of(group, thread);
  let columns = given.columns;
  let c = min(place.column, columns - 1);
  let inverse = 1 / sqrt(variance[c] + given.epsilon);
  var own = vec2f(0);
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * columns + c;
    let normalized = (x[i] - mean[c]) * inverse;
    let slope = select(1.0, silu_slope(normalized * gamma[c] + beta[c]), given.activated == 1);
    own += dy[i] * slope * vec2f(normalized, 1);
  }
  let total = joined(own, thread);
  if (place.lane > 0 || place.column >= columns) { return; }
  sums[2 * place.block * columns + c] = total.x;
  sums[(2 * place.block + 1) * columns + c] = total.y;
  if (place.block > 0) { return; }
  let rest = 2 * given.blocks * columns + c;
  sums[rest] = mean[c];
  sums[rest + columns] = inverse;
  sums[rest + 2 * columns] = gamma[c];
  sums[rest + 3 * columns] = beta[c];
}`,
};

const gradients: Shader = {
  name: 'batch norm: gradients',
  reads: ['dy', 'x', 'sums'],
  writes: ['dx', 'dgamma', 'dbeta'],
  integers: [...columnIntegers, ...blockIntegers, 'activated'],
  threads: columnThreads,
  code: `${siluCode}${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across * given.blocks) { return; }
  let place = place_of(group, thread);
  let columns = given.columns;
  let c = place.column;
  if (c >= columns) { return; }
  var total = vec2f(0);
  for (var block = 0u; block < given.statisticBlocks; block++) {
    let i = 2 * block * columns + c;
    total += vec2f(sums[i], sums[i + columns]);
  }
  if (place.block == 0 && place.lane == 0) {
    dgamma[c] = total.x;
    dbeta[c] = total.y;
  }
  let rest = 2 * given.statisticBlocks * columns + c;
  let average = sums[rest];
  let inverse = sums[rest + columns];
  let factor = sums[rest + 2 * columns];
  let offset = sums[rest + 3 * columns];
  let means = total / f32(given.rows);
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * columns + c;
    let normalized = (x[i] - average) * inverse;
    let slope = select(1.0, silu_slope(normalized * factor + offset), given.activated == 1);
    dx[i] = factor * inverse * (dy[i] * slope - means.y - normalized * means.x);
  }
}`,
};

interface Plan {
  readonly rows: number;
  readonly columns: number;
  /** Of the statistics and sums. */
  readonly blocks: ColumnLayout;
  /** Of what has the size of x. */
  readonly pieces: ColumnLayout;
  readonly activated: number;
  readonly epsilon: number;
}

function planOf(x: tf.TensorInfo, gamma: tf.TensorInfo, attributes: Attributes): Plan {
  if (attributes.whole) {
    throw new Error(
      'engine webgpu: several processes cannot train together, because this engine reads results asynchronously; use --engine native',
    );
  }
  const columns = sizeOf(gamma);
  const rows = sizeOf(x) / columns;
  return {
    ...{ rows, columns },
    blocks: columnLayout(rows, columns),
    pieces: columnLayout(rows, columns, Number.POSITIVE_INFINITY),
    activated: Number(attributes.activation === 'silu'),
    epsilon: attributes.epsilon as number,
  };
}

/** The numbers of a shader that works in pieces and reads what another one found out about blocks. */
function piecesNumbers({ rows, columns, blocks, pieces, activated }: Plan): number[] {
  return [...columnNumbers(rows, columns, pieces), blocks.blocks, blocks.blockRows, activated];
}

/** For these, a second dispatch takes longer than the few workgroups of one. */
const fewRows = 512;

const fewLayout = ({ rows, columns }: Plan) => columnLayout(rows, columns, 1);

const fewNumbers = (plan: Plan) => [
  ...columnNumbers(plan.rows, plan.columns, fewLayout(plan)),
  plan.activated,
];

const workgroupsOf = ({ across, blocks }: ColumnLayout) => across * blocks;

/** Batch norm with given statistics. */
export function normalizeGiven(
  { x, mean, variance, gamma, beta }: Inputs,
  attributes: Attributes,
  device: Device,
): tf.TensorInfo {
  const { columns, activated, epsilon } = planOf(x!, gamma!, attributes);
  const y = device.output(x!.shape);
  const numbers = [sizeOf(y), columns, activated, epsilon];
  device.run(normalize, [x!, mean!, variance!, gamma!, beta!], [y], numbers, mapWorkgroups(sizeOf(y)));
  return y;
}

export const batchNormKernels: readonly WebgpuKernel[] = [
  webgpuKernel('BatchNormTrain', ({ x, gamma, beta }, attributes, device) => {
    const plan = planOf(x!, gamma!, attributes);
    const { rows, columns, blocks, pieces } = plan;
    const results = [x!.shape, [columns], [columns]].map((shape) => device.output(shape));
    if (rows <= fewRows) {
      const numbers = [...fewNumbers(plan), plan.epsilon];
      device.run(normalizeFew, [x!, gamma!, beta!], results, numbers, fewLayout(plan).across);
      return results;
    }
    const ofBlocks = [0, 1].map(() => device.output([blocks.blocks, columns]));
    device.run(blockStatistics, [x!], ofBlocks, columnNumbers(rows, columns, blocks), workgroupsOf(blocks));
    const numbers = [...piecesNumbers(plan), plan.epsilon];
    device.run(normalizeBlocks, [x!, ...ofBlocks, gamma!, beta!], results, numbers, workgroupsOf(pieces));
    return results;
  }),

  webgpuKernel('BatchNormTrainGrad', (inputs, attributes, device) => {
    const { dy, x, gamma, beta, mean, variance } = inputs;
    const plan = planOf(x!, gamma!, attributes);
    const { rows, columns, blocks, pieces, activated, epsilon } = plan;
    const results = [x!.shape, [columns], [columns]].map((shape) => device.output(shape));
    if (rows <= fewRows) {
      const numbers = [...fewNumbers(plan), epsilon];
      device.run(gradientsOfFew, [dy!, x!, gamma!, beta!], results, numbers, fewLayout(plan).across);
      return results;
    }
    const sums = device.output([2 * blocks.blocks + 4, columns]);
    const numbers = [...columnNumbers(rows, columns, blocks), activated, epsilon];
    const reads = [dy!, x!, gamma!, beta!, mean!, variance!];
    device.run(blockGradients, reads, [sums], numbers, workgroupsOf(blocks));
    device.run(gradients, [dy!, x!, sums], results, piecesNumbers(plan), workgroupsOf(pieces));
    return results;
  }),

  webgpuKernel('BatchNormInference', normalizeGiven),
];
