/** Weight normalisation: forward and backward are one dispatch each. See ../../fused/weightNorm.ts; a weight is `[rows, columns]`. */
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { columnCode, columnIntegers, columnLayout, columnNumbers, columnThreads } from './columns.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';

const forward: Shader = {
  name: 'weight norm',
  reads: ['v', 'g'],
  writes: ['w', 'inverse_length'],
  integers: columnIntegers,
  floats: ['epsilon'],
  threads: columnThreads,
  code: `${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across) { return; }
  let place = place_of(group, thread);
  var own = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let value = v[row * given.columns + place.column];
    own += value * value;
  }
  let inverse = 1 / sqrt(joined(vec2f(own, 0), thread).x + given.epsilon);
  if (place.column >= given.columns) { return; }
  let factor = g[place.column] * inverse;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    w[row * given.columns + place.column] = v[row * given.columns + place.column] * factor;
  }
  if (place.lane == 0) { inverse_length[place.column] = inverse; }
}`,
};

const backward: Shader = {
  name: 'weight norm: gradient',
  reads: ['dy', 'v', 'g', 'inverse_length'],
  writes: ['dv', 'dg'],
  integers: columnIntegers,
  threads: columnThreads,
  code: `${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across) { return; }
  let place = place_of(group, thread);
  var own = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * given.columns + place.column;
    own += dy[i] * v[i];
  }
  let products = joined(vec2f(own, 0), thread).x;
  if (place.column >= given.columns) { return; }
  let inverse = inverse_length[place.column];
  let along = products * inverse;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * given.columns + place.column;
    dv[i] = (dy[i] - v[i] * (along * inverse)) * (g[place.column] * inverse);
  }
  if (place.lane == 0) { dg[place.column] = along; }
}`,
};

function planOf(v: tf.TensorInfo, g: tf.TensorInfo) {
  const columns = sizeOf(g);
  const rows = sizeOf(v) / columns;
  const layout = columnLayout(rows, columns, 1);
  return { numbers: columnNumbers(rows, columns, layout), workgroups: layout.across };
}

export const weightNormKernels: readonly WebgpuKernel[] = [
  webgpuKernel('WeightNorm', ({ v, g }, { epsilon }, device) => {
    const { numbers, workgroups } = planOf(v!, g!);
    const results = [device.output(v!.shape), device.output(g!.shape)];
    device.run(forward, [v!, g!], results, [...numbers, epsilon as number], workgroups);
    return results;
  }),

  webgpuKernel('WeightNormGrad', ({ dy, v, g, inverseLength }, _attributes, device) => {
    const { numbers, workgroups } = planOf(v!, g!);
    const results = [device.output(v!.shape), device.output(g!.shape)];
    device.run(backward, [dy!, v!, g!, inverseLength!], results, numbers, workgroups);
    return results;
  }),
];
