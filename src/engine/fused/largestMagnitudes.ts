/** The sum of max |x| over many tensors; one kernel computes its gradient. */
import * as tf from '../tf.js';
import type { CompositeKernel } from './composite.js';
import { together } from './together.js';

/** Groups tensors of equal size, which are processed together. */
function groupsOf(xs: readonly tf.Tensor[]): number[][] {
  const groups = new Map<number, number[]>();
  xs.forEach(({ size }, i) => {
    groups.set(size, [...(groups.get(size) ?? []), i]);
  });
  return [...groups.values()];
}

/** Returns the sum; then for each group its tensors, one per row, and the largest magnitude of each row, `[rows, 1]`. */
function sum(xs: readonly tf.Tensor[]): tf.Tensor[] {
  const state = groupsOf(xs).map((members) => {
    const stack = tf.stack(members.map((member) => xs[member] as tf.Tensor));
    return [stack, tf.max(tf.abs(stack), 1, true)] as const;
  });
  return [tf.sum(tf.concat(state.map(([, largest]) => largest))), ...state.flat()];
}

function gradients(dy: tf.Tensor, xs: readonly tf.Tensor[], state: readonly tf.Tensor[]): tf.Tensor[] {
  const results: tf.Tensor[] = [];
  groupsOf(xs).forEach((members, group) => {
    const [stack, largest] = state.slice(2 * group) as [tf.Tensor, tf.Tensor];
    const isLargest = tf.cast(tf.equal(tf.abs(stack), largest), 'float32');
    const share = tf.div(dy, tf.sum(isLargest, 1, true));
    const parts = tf.unstack(tf.mul(tf.mul(isLargest, tf.sign(stack)), share));
    members.forEach((member, i) => {
      results[member] = parts[i] as tf.Tensor;
    });
  });
  return results;
}

export const largestMagnitudesKernels: CompositeKernel[] = [
  { name: 'LargestMagnitudes', body: (xs) => sum(Object.values(xs)) },
  {
    name: 'LargestMagnitudesGrad',
    body: (tensors, { count }) => {
      const [dy, ...others] = Object.values(tensors) as [tf.Tensor, ...tf.Tensor[]];
      return gradients(dy, others.slice(0, count as number), others.slice(count as number));
    },
  },
];

/** Returns the sum of max |x| over vectors; if several values of a vector are the largest, they share its gradient equally. */
export function largestMagnitudes(xs: readonly tf.Tensor[]): tf.Scalar {
  return together('LargestMagnitudes', xs, { count: xs.length });
}
