/**
 * The gradients of sum and mean. Those of tfjs multiply by a tensor of ones made in JavaScript, as large as the summed tensor, which
 * is copied to the device each time.
 */
import * as tf from '../tf.js';

/** Repeats dy along the reduced axes. */
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
