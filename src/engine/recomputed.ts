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
      gradFunc: (dy: T, [kept]: tf.Tensor[]) =>
        gradients(() => f(kept as T, true), [kept as T, ...variables], dy),
    };
  };
  return tf.customGrad(forward)(x, ...variables) as T;
}

/** As tf.grads, but within a backward pass, for variables too. */
function gradients(f: () => tf.Tensor, inputs: readonly tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  const engine = tf.engine();
  // tfjs has one tape at a time, and drops it when a gradient is done: that of the pass we are in has to come back.
  const { activeTape } = engine.state;
  try {
    return tf.tidy(() => engine.gradients(f, [...inputs], dy, true).grads);
  } finally {
    engine.state.activeTape = activeTape;
  }
}
