import * as tf from '../tf.js';
import { addUp, type WholeBatch } from '../wholeBatch.js';
import { type CompositeKernel, runOne } from './composite.js';

export const wholeSumKernels: CompositeKernel[] = [
  {
    name: 'WholeSum',
    body: ({ x }, { whole }) => {
      const sums = Float64Array.from(x!.dataSync());
      addUp(whole as WholeBatch, sums);
      return tf.tensor(Float32Array.from(sums), x!.shape);
    },
  },
];

/** The sum over all ranks of sums over the images here, of any shape. No gradient. */
export function wholeSum<T extends tf.Tensor>(x: T, whole: WholeBatch): T {
  return runOne('WholeSum', { x }, { whole });
}
