/** Sums over all axes but the last, as in gradients of biases; other sums stay with tfjs. */
import * as tf from '../../tf.js';
import { columnCode, columnIntegers, columnLayout, columnNumbers, columnThreads } from './columns.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';

/** So many rows are not worth a second dispatch. */
const fewRows = 4096;

const sums = {
  name: 'sums of columns',
  reads: ['x'],
  writes: ['y'],
  integers: columnIntegers,
  threads: columnThreads,
  code: `${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across * given.blocks) { return; }
  let place = place_of(group, thread);
  var own = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    own += x[row * given.columns + place.column];
  }
  let total = joined(vec2f(own, 0), thread).x;
  if (place.lane == 0 && place.column < given.columns) { y[place.block * given.columns + place.column] = total; }
}`,
};

export const sumOfPixelsKernels: readonly WebgpuKernel[] = [
  webgpuKernel(tf.Sum, ({ x }, { axis, keepDims }, device) => {
    const { shape, dtype } = x!;
    const axes = tf.util.parseAxisParam(axis as number[], shape);
    const isOurs = shape.length === 4 && dtype === 'float32' && axes.length === 3 && !axes.includes(3);
    if (!isOurs || keepDims === true) return null;
    const columns = shape[3]!;
    let [from, rows] = [x!, sizeOf(x!) / columns];
    for (;;) {
      const layout = columnLayout(rows, columns, rows <= fewRows ? 1 : undefined);
      const y = device.output(layout.blocks === 1 ? [columns] : [layout.blocks, columns]);
      device.run(sums, [from], [y], columnNumbers(rows, columns, layout), layout.across * layout.blocks);
      if (layout.blocks === 1) return y;
      [from, rows] = [y, layout.blocks];
    }
  }),
];
