import * as tf from '../../engine/tf.js';

/**
 * Runs layers one after another on x. Frees each intermediate result after the next layer, except what the backward pass
 * needs.
 *
 * Ownership: the caller owns x and the result (x itself if there are no layers).
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
