/** The sum of max |x| over many vectors, and its gradient; one workgroup per vector. See ../../fused/largestMagnitudes.ts. */
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads } from './map.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

const readSlots = 7;
const gradientSlots = 3;

const sizesCode = (slots: number) => `
fn size_of(slot: u32) -> u32 { return array<u32, ${slots}>(${slotNames('given.size', slots).join(', ')})[slot]; }`;

const largest = bySlots((slots) => ({
  name: `largest magnitudes of ${slots}`,
  reads: slotNames('x', slots),
  writes: ['results'],
  integers: ['first', ...slotNames('size', readSlots)],
  threads: mapThreads,
  code: `${sizesCode(readSlots)}
var<workgroup> joining: array<f32, threads>;
fn value_at(slot: u32, i: u32) -> f32 {
  ${switchOf(slots, 'return abs(x$[i]);')}
}
fn run(slot: u32, thread: u32) {
  if (slot >= ${slots}) { return; }
  var own = 0.0;
  for (var i = thread; i < size_of(slot); i += threads) { own = max(own, value_at(slot, i)); }
  joining[thread] = own;
  workgroupBarrier();
  if (thread > 0) { return; }
  for (var i = 1u; i < threads; i++) { own = max(own, joining[i]); }
  results[given.first + slot] = own;
}`,
}));

export const sumOfFew: Shader = {
  name: 'sum of a few values',
  reads: ['x'],
  writes: ['y'],
  integers: ['size'],
  threads: 1,
  code: `
fn run(group: u32, thread: u32) {
  var total = 0.0;
  for (var i = 0u; i < given.size; i++) { total += x[i]; }
  y[0] = total;
}`,
};

/** The values that are the largest share the gradient. */
const gradient = bySlots((slots) => ({
  name: `gradients of ${slots} largest magnitudes`,
  reads: ['dy', 'largest', ...slotNames('x', slots)],
  writes: slotNames('dx', slots),
  integers: ['first', ...slotNames('size', gradientSlots)],
  threads: mapThreads,
  sums: true,
  code: `${sizesCode(gradientSlots)}
fn value_at(slot: u32, i: u32) -> f32 {
  ${switchOf(slots, 'return x$[i];')}
}
fn run(slot: u32, thread: u32) {
  if (slot >= ${slots}) { return; }
  let top = largest[given.first + slot];
  var own = 0.0;
  for (var i = thread; i < size_of(slot); i += threads) { own += select(0.0, 1.0, abs(value_at(slot, i)) == top); }
  let count = sum_of(own, thread);
  for (var i = thread; i < size_of(slot); i += threads) {
    let value = value_at(slot, i);
    let slope = select(0.0, sign(value) * dy[0] / count, abs(value) == top);
    ${switchOf(slots, 'dx$[i] = slope;')}
  }
}`,
}));

const padded = (list: readonly tf.TensorInfo[], slots: number) => [
  ...list.map(sizeOf),
  ...Array(slots - list.length).fill(0),
];

export const largestMagnitudesKernels: readonly WebgpuKernel[] = [
  webgpuKernel('LargestMagnitudes', (inputs, _attributes, device) => {
    const xs = Object.values(inputs);
    const [results, total] = [device.output([xs.length]), device.output([])];
    inSlots(xs, readSlots).forEach((some, i) => {
      const numbers = [i * readSlots, ...padded(some, readSlots)];
      device.run(largest(some.length), some, [results], numbers, some.length);
    });
    device.run(sumOfFew, [results], [total], [xs.length], 1);
    return [total, results];
  }),

  webgpuKernel('LargestMagnitudesGrad', (inputs, { count }, device) => {
    const [dy, ...others] = Object.values(inputs) as [tf.TensorInfo, ...tf.TensorInfo[]];
    const state = others[count as number]!;
    return inSlots(others.slice(0, count as number), gradientSlots).flatMap((some, i) => {
      const results = some.map(({ shape }) => device.output(shape));
      const numbers = [i * gradientSlots, ...padded(some, gradientSlots)];
      device.run(gradient(some.length), [dy, state, ...some], results, numbers, some.length);
      return results;
    });
  }),
];
