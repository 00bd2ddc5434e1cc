import * as tf from '../../engine/tf.js';

/**
 * Run layers one after another on x. What one hands to the next is freed behind that, but for what the backward pass
 * needs of it.
 *
 * Ownership: x stays the caller's; the result is the caller's (x itself where there are no layers).
 */
export function inSequence(
  x: tf.Tensor4D,
  layers: readonly ((x: tf.Tensor4D) => tf.Tensor4D)[],
): tf.Tensor4D {
  return layers.reduce((input, layer) => {
    const output = tf.tidy(() => layer(input));
    if (input !== x) input.dispose();
    return output;
  }, x);
}
