/** The sum of max |x| over many tensors, with one kernel for its gradient. */
import * as tf from '../tf.js';
import type { CompositeKernel } from './composite.js';
import { together } from './together.js';

/** Tensors of one size are worked on together: which, and one in each row. */
function stacksOf(xs: readonly tf.Tensor[]): { members: number[]; stack: tf.Tensor2D }[] {
  const groups = new Map<number, number[]>();
  xs.forEach(({ size }, i) => {
    groups.set(size, [...(groups.get(size) ?? []), i]);
  });
  return [...groups.values()].map((members) => ({
    members,
    stack: tf.stack(members.map((member) => xs[member] as tf.Tensor)) as tf.Tensor2D,
  }));
}

function gradients(dy: tf.Tensor, xs: readonly tf.Tensor[]): tf.Tensor[] {
  const results: tf.Tensor[] = [];
  for (const { members, stack } of stacksOf(xs)) {
    const size = tf.abs(stack);
    const isLargest = tf.cast(tf.equal(size, tf.max(size, 1, true)), 'float32');
    const share = tf.div(dy, tf.sum(isLargest, 1, true));
    const parts = tf.unstack(tf.mul(tf.mul(isLargest, tf.sign(stack)), share));
    members.forEach((member, i) => {
      results[member] = parts[i] as tf.Tensor;
    });
  }
  return results;
}

export const largestMagnitudesKernels: CompositeKernel[] = [
  {
    name: 'LargestMagnitudes',
    body: (xs) => [tf.addN(stacksOf(Object.values(xs)).map(({ stack }) => tf.sum(tf.max(tf.abs(stack), 1))))],
  },
  {
    name: 'LargestMagnitudesGrad',
    body: (tensors) => {
      const [dy, ...xs] = Object.values(tensors) as [tf.Tensor, ...tf.Tensor[]];
      return gradients(dy, xs);
    },
  },
];

/** The sum of max |x| over vectors; where several values of one are the largest, they share its gradient equally. */
export function largestMagnitudes(xs: readonly tf.Tensor[]): tf.Scalar {
  return together('LargestMagnitudes', xs);
}
