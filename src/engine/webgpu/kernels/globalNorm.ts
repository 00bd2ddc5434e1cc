/** The norm over many tensors. */

import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

const slots = 7;
const threads = 256;
/** Workgroups per tensor. */
const blocks = 64;

const squares = bySlots((count) => ({
  name: `sums of squares of ${count}`,
  reads: slotNames('x', count),
  writes: ['sums'],
  integers: ['first', ...slotNames('size', slots)],
  threads,
  sums: true,
  code: `
fn run(group: u32, thread: u32) {
  let slot = group / ${blocks};
  if (slot >= ${count}) { return; }
  let size = array<u32, ${slots}>(${slotNames('given.size', slots).join(', ')})[slot];
  var own = 0.0;
  for (var i = group % ${blocks} * threads + thread; i < size; i += ${blocks} * threads) {
    var value = 0.0;
    ${switchOf(count, 'value = x$[i];')}
    own += value * value;
  }
  let total = sum_of(own, thread);
  if (thread == 0) { sums[given.first * ${blocks} + group] = total; }
}`,
}));

const root = {
  name: 'root of a sum',
  reads: ['sums'],
  writes: ['y'],
  integers: ['size'],
  threads,
  sums: true,
  code: `
fn run(group: u32, thread: u32) {
  var own = 0.0;
  for (var i = thread; i < given.size; i += threads) { own += sums[i]; }
  let total = sum_of(own, thread);
  if (thread == 0) { y[0] = sqrt(total); }
}`,
};

export const globalNormKernels: readonly WebgpuKernel[] = [
  webgpuKernel('GlobalNorm', (inputs, _attributes, device) => {
    const xs = Object.values(inputs);
    const [sums, norm] = [device.output([xs.length, blocks]), device.output([])];
    inSlots(xs, slots).forEach((some, i) => {
      const sizes = [...some.map(sizeOf), ...Array(slots - some.length).fill(0)];
      device.run(squares(some.length), some, [sums], [i * slots, ...sizes], some.length * blocks);
    });
    device.run(root, [sums], [norm], [sizeOf(sums)], 1);
    return norm;
  }),
];
