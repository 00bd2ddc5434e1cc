/** Gradients that only the gradient function that is running reads: it may overwrite them. */
import type * as tf from '../tf.js';

const lastUses = new WeakSet<tf.Tensor>();

/** Runs the gradient function of an operation on the gradients of its results, which nobody else reads. */
export function withLastUse<T>(dys: readonly tf.Tensor[], gradient: () => T): T {
  for (const dy of dys) if (dy) lastUses.add(dy);
  try {
    return gradient();
  } finally {
    for (const dy of dys) if (dy) lastUses.delete(dy);
  }
}

/** Whether a gradient function may overwrite the gradient that it is given, unless other tensors share its memory. */
export function isLastUse(dy: tf.Tensor): boolean {
  return lastUses.has(dy);
}
