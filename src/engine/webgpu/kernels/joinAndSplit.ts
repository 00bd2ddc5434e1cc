/**
 * Joins and parts of tensors along an axis. Where nothing lies before the axis, they are pieces of memory, and the device copies them
 * without a shader. Otherwise `Concat` stays with tfjs, and `SplitV` writes all parts in one dispatch.
 */
import * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

const slots = 7;

/** Some neighbouring parts of x `[rows, width]`; `ends` are those of their columns, from the first column of the first of them. */
const parts = bySlots(
  (count): Shader => ({
    name: `${count} parts`,
    reads: ['x'],
    writes: slotNames('part', count),
    integers: ['rows', 'width', 'first', ...slotNames('end', slots)],
    threads: mapThreads,
    code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  let columns = given.end${slots - 1};
  if (i >= given.rows * columns) { return; }
  let ends = array<u32, ${slots}>(${slotNames('given.end', slots).join(', ')});
  let row = i / columns;
  let column = i % columns;
  var slot = 0u;
  var begin = 0u;
  for (var k = 0u; k < ${count - 1}; k++) {
    if (column >= ends[k]) { slot = k + 1; begin = ends[k]; }
  }
  let at = row * (ends[slot] - begin) + column - begin;
  let value = x[row * given.width + given.first + column];
  ${switchOf(count, 'part$[at] = value;')}
}`,
  }),
);

const rowsBefore = (axis: number, shape: readonly number[]) => tf.util.sizeFromShape(shape.slice(0, axis));

export const joinAndSplitKernels: readonly WebgpuKernel[] = [
  webgpuKernel(tf.Concat, (inputs, attributes, device) => {
    const xs = Object.values(inputs);
    const [first] = xs;
    const axis = tf.util.parseAxisParam(attributes.axis as number, first!.shape)[0]!;
    const isOurs = xs.every(({ dtype, shape }) => dtype === 'float32' && rowsBefore(axis, shape) === 1);
    const outShape = tf.backend_util.computeOutShape(
      xs.map(({ shape }) => shape),
      axis,
    );
    if (!isOurs || xs.length === 1 || tf.util.sizeFromShape(outShape) === 0) return null;
    const y = device.output(outShape);
    let at = 0;
    for (const x of xs) {
      device.copy({ tensor: x, at: 0 }, { tensor: y, at }, sizeOf(x));
      at += sizeOf(x);
    }
    return y;
  }),

  webgpuKernel(tf.SplitV, ({ x }, attributes, device) => {
    const { shape, dtype } = x!;
    const axis = tf.util.parseAxisParam(attributes.axis as number, shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(
      x as tf.Tensor,
      attributes.numOrSizeSplits as number[],
      axis,
    );
    if (dtype !== 'float32' || sizeOf(x!) === 0 || sizes.includes(0)) return null;
    const results = sizes.map((size) =>
      device.output(shape.map((length, i) => (i === axis ? size : length))),
    );
    const rows = rowsBefore(axis, shape);
    const width = sizeOf(x!) / rows;
    let at = 0;
    for (const some of inSlots(results, slots)) {
      const first = at;
      const ends = some.map((part) => {
        const columns = sizeOf(part) / rows;
        if (rows === 1) device.copy({ tensor: x!, at }, { tensor: part, at: 0 }, columns);
        at += columns;
        return at - first;
      });
      if (rows === 1) continue;
      while (ends.length < slots) ends.push(at - first);
      const size = rows * (at - first);
      device.run(parts(some.length), [x!], some, [rows, width, first, ...ends], mapWorkgroups(size));
    }
    return results;
  }),
];
