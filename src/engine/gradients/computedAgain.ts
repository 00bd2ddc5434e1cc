/** Results of cheap operations that a backward pass computes again instead of keeping them. */
import type * as tf from '../tf.js';

export interface Recipe {
  /** Computes the result from what the operation saved for its own gradient; the caller owns it. */
  readonly compute: (saved: readonly tf.Tensor[]) => tf.Tensor;
  /** Only in half precision, where it takes no longer than rounding, keeping and expanding. */
  readonly halfPrecisionOnly: boolean;
}

const recipes = new WeakMap<object, Recipe>();

/** Says how to compute y, a result of the operation that ran last, again. Returns y. */
export function computedAgain<T extends tf.Tensor>(y: T, recipe: Recipe): T {
  recipes.set(y.dataId, recipe);
  return y;
}

export function recipeOf({ dataId }: tf.Tensor): Recipe | undefined {
  return recipes.get(dataId);
}
