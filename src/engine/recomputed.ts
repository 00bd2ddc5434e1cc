import { gradientsOf } from './gradients/gradientsOf.js';
import * as tf from './tf.js';

/**
 * Computes `f(x)` but keeps only x for the backward pass, which computes `f(x)` again. Takes more time and less
 * memory; the gradients are the same.
 *
 * @param f differentiable in x and the variables, with the same result at every call; `again` is true in the backward pass
 * @param variables all variables that f uses
 */
export function recomputed<T extends tf.Tensor>(
  f: (x: T, again: boolean) => T,
  x: T,
  variables: readonly tf.Variable[],
): T {
  const forward = (...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = given.at(-1) as tf.GradSaveFunc;
    save([x]);
    return {
      value: f(x, false),
      gradFunc: (dy: T, [kept]: tf.Tensor[]) => {
        const { value, gradients } = gradientsOf(() => f(kept as T, true), [kept as T, ...variables], dy);
        value.dispose();
        return gradients as tf.Tensor[];
      },
    };
  };
  // tfjs names the operation on the tape after the scope.
  return tf.tidy('recomputed', () => tf.customGrad(forward)(x, ...variables) as T);
}
