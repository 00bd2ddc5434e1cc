import { gradientsOf } from './gradients/gradientsOf.js';
import * as tf from './tf.js';

/**
 * `f(x)`, of which nothing but x is kept for the backward pass: there it is computed once more. Takes more time and less
 * memory; the gradients are the same.
 *
 * @param f differentiable in x and the variables, and the same at every call; `again` is true in the backward pass
 * @param variables all that f uses
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
  // The scope's name becomes that of the operation on the tape.
  return tf.tidy('recomputed', () => tf.customGrad(forward)(x, ...variables) as T);
}
