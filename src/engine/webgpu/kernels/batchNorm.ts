/**
 * Batch normalisation with an optional SiLU; see ../../fused/batchNorm.ts. x is seen as a matrix `[rows, channels]`. Statistics and sums
 * come from blocks of rows, which are joined in their order.
 */
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { columnCode, columnIntegers, columnLayout, columnNumbers, columnThreads } from './columns.js';
import { type Device, sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { siluCode } from './silu.js';

/** Mean and biased variance of the columns of each block, `[blocks, columns]`; the results if there is one block. */
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

/** Mean and variance of the whole from those of the blocks (Chan et al. 1983). */
const joinedStatistics: Shader = {
  name: 'batch norm: statistics',
  reads: ['means', 'variances'],
  writes: ['mean', 'variance'],
  integers: columnIntegers,
  threads: mapThreads,
  code: `
fn count_of(block: u32) -> f32 {
  return f32(min(given.blockRows, given.rows - block * given.blockRows)) / f32(given.rows);
}
fn run(group: u32, thread: u32) {
  let column = group * threads + thread;
  if (column >= given.columns) { return; }
  var average = 0.0;
  for (var block = 0u; block < given.blocks; block++) {
    average += count_of(block) * means[block * given.columns + column];
  }
  var spread = 0.0;
  for (var block = 0u; block < given.blocks; block++) {
    let distance = means[block * given.columns + column] - average;
    spread += count_of(block) * (variances[block * given.columns + column] + distance * distance);
  }
  mean[column] = average;
  variance[column] = spread;
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

/** The gradient at the activation's input, and the normalised x. */
const gradientCode = `${siluCode}
fn normalized_at(i: u32, c: u32) -> f32 { return (x[i] - mean[c]) / sqrt(variance[c] + given.epsilon); }
fn gradient_at(i: u32, c: u32, normalized: f32) -> f32 {
  return select(dy[i], dy[i] * silu_slope(normalized * gamma[c] + beta[c]), given.activated == 1);
}`;

const gradientReads = ['dy', 'x', 'gamma', 'beta', 'mean', 'variance'];

/** Of the columns of each block: the sums of the gradient times the normalised x, and of the gradient; `[blocks, 2, columns]`. */
const blockGradients: Shader = {
  name: 'batch norm: sums of blocks',
  reads: gradientReads,
  writes: ['sums'],
  integers: [...columnIntegers, 'activated'],
  floats: ['epsilon'],
  threads: columnThreads,
  code: `${gradientCode}${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across * given.blocks) { return; }
  let place = place_of(group, thread);
  let c = place.column;
  var own = vec2f(0);
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * given.columns + c;
    let normalized = normalized_at(i, c);
    let gradient = gradient_at(i, c, normalized);
    own += vec2f(gradient * normalized, gradient);
  }
  let total = joined(own, thread);
  if (place.lane > 0 || c >= given.columns) { return; }
  sums[place.block * 2 * given.columns + c] = total.x;
  sums[(place.block * 2 + 1) * given.columns + c] = total.y;
}`,
};

/** Adds up the blocks. `both` has dgamma and dbeta, for the shader below: it could not take one tensor more. */
const joinedGradients: Shader = {
  name: 'batch norm: sums',
  reads: ['sums'],
  writes: ['dgamma', 'dbeta', 'both'],
  integers: columnIntegers,
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let column = group * threads + thread;
  if (column >= given.columns) { return; }
  var total = vec2f(0);
  for (var block = 0u; block < given.blocks; block++) {
    let i = block * 2 * given.columns + column;
    total += vec2f(sums[i], sums[i + given.columns]);
  }
  dgamma[column] = total.x;
  dbeta[column] = total.y;
  both[column] = total.x;
  both[given.columns + column] = total.y;
}`,
};

const inputGradient: Shader = {
  name: 'batch norm: input gradient',
  reads: [...gradientReads, 'both'],
  writes: ['dx'],
  integers: ['size', 'columns', 'activated'],
  floats: ['epsilon'],
  threads: mapThreads,
  code: `${gradientCode}
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let c = i % given.columns;
  let rows = f32(given.size / given.columns);
  let normalized = normalized_at(i, c);
  let gradient = gradient_at(i, c, normalized);
  let centred = gradient - both[given.columns + c] / rows - normalized * (both[c] / rows);
  dx[i] = gamma[c] / sqrt(variance[c] + given.epsilon) * centred;
}`,
};

function statisticsOf(x: tf.TensorInfo, columns: number, device: Device): [tf.TensorInfo, tf.TensorInfo] {
  const rows = sizeOf(x) / columns;
  const layout = columnLayout(rows, columns);
  const numbers = columnNumbers(rows, columns, layout);
  const { across, blocks } = layout;
  const shape = blocks === 1 ? [columns] : [blocks, columns];
  const ofBlocks: [tf.TensorInfo, tf.TensorInfo] = [device.output(shape), device.output(shape)];
  device.run(blockStatistics, [x], ofBlocks, numbers, across * blocks);
  if (blocks === 1) return ofBlocks;
  const results: [tf.TensorInfo, tf.TensorInfo] = [device.output([columns]), device.output([columns])];
  device.run(joinedStatistics, ofBlocks, results, numbers, mapWorkgroups(columns));
  return results;
}

/** Size, channels and whether a SiLU follows, and epsilon. */
function numbersOf(x: tf.TensorInfo, columns: number, attributes: Readonly<Record<string, unknown>>) {
  return [sizeOf(x), columns, Number(attributes.activation === 'silu'), attributes.epsilon as number];
}

export const batchNormKernels: readonly WebgpuKernel[] = [
  webgpuKernel('BatchNormTrain', ({ x, gamma, beta }, attributes, device) => {
    const columns = sizeOf(gamma!);
    const [mean, variance] = statisticsOf(x!, columns, device);
    const y = device.output(x!.shape);
    const numbers = numbersOf(x!, columns, attributes);
    device.run(normalize, [x!, mean, variance, gamma!, beta!], [y], numbers, mapWorkgroups(sizeOf(x!)));
    return [y, mean, variance];
  }),

  webgpuKernel('BatchNormTrainGrad', (inputs, attributes, device) => {
    const { dy, x, gamma, beta, mean, variance } = inputs;
    const columns = sizeOf(gamma!);
    const rows = sizeOf(x!) / columns;
    const layout = columnLayout(rows, columns);
    const numbers = columnNumbers(rows, columns, layout);
    const [size, , activated, epsilon] = numbersOf(x!, columns, attributes) as [
      number,
      number,
      number,
      number,
    ];
    const reads = [dy!, x!, gamma!, beta!, mean!, variance!];
    const sums = device.output([layout.blocks, 2, columns]);
    const both = device.output([2, columns]);
    const [dgamma, dbeta] = [device.output([columns]), device.output([columns])];
    const dx = device.output(x!.shape);
    const workgroups = layout.across * layout.blocks;
    device.run(blockGradients, reads, [sums], [...numbers, activated, epsilon], workgroups);
    device.run(joinedGradients, [sums], [dgamma, dbeta, both], numbers, mapWorkgroups(columns));
    device.run(
      inputGradient,
      [...reads, both],
      [dx],
      [size, columns, activated, epsilon],
      mapWorkgroups(size),
    );
    return [dx, dgamma, dbeta];
  }),

  webgpuKernel('BatchNormInference', ({ x, mean, variance, gamma, beta }, attributes, device) => {
    const y = device.output(x!.shape);
    const numbers = numbersOf(x!, sizeOf(gamma!), attributes);
    device.run(normalize, [x!, mean!, variance!, gamma!, beta!], [y], numbers, mapWorkgroups(sizeOf(x!)));
    return y;
  }),
];
