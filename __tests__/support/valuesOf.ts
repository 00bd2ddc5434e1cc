import * as tf from '../../src/engine/tf.js';

/** Reads the values of the tensors from `make` in a way that works on every engine, and frees everything it made. */
export async function valuesOf(make: () => tf.Tensor | tf.Tensor[]): Promise<number[][]> {
  const made = tf.tidy(make);
  const tensors = Array.isArray(made) ? made : [made];
  const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
  tf.dispose(tensors);
  return values;
}
