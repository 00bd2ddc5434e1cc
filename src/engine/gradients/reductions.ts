/**
 * The gradients of sum and mean. Those of tfjs multiply by ones that are made in JavaScript, as large as what was summed up: a copy to the
 * device each time.
 */
import * as tf from '../tf.js';

/** dy in each of the places whose sum it is the gradient of. */
function spread(dy: tf.Tensor, shape: number[], axis: unknown): tf.Tensor {
  const kept = [...shape];
  for (const reduced of tf.util.parseAxisParam(axis as number | number[], shape)) kept[reduced] = 1;
  return tf.mul(tf.reshape(dy, kept), tf.fill(shape, 1));
}

tf.registerGradient({
  kernelName: tf.Sum,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { axis }) => ({ x: () => spread(dy as tf.Tensor, x!.shape, axis) }),
});

tf.registerGradient({
  kernelName: tf.Mean,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { axis }) => ({
    x: () => tf.mul(spread(dy as tf.Tensor, x!.shape, axis), (dy as tf.Tensor).size / x!.size),
  }),
});
