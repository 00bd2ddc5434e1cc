/** Sums over all axes but the last, as in gradients of biases; other sums stay with tfjs. */
import * as tf from '../../tf.js';
import { columnLayout, columnNumbers, columnSums } from './columns.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';

/** So many rows are not worth a second dispatch. */
const fewRows = 4096;

const sums = columnSums('sums of columns', ['x'], 'x[i]');

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
