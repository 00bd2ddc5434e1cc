import * as tf from '../../src/engine/tf.js';

/** The values of what `make` gives, tensor by tensor, read as every engine can; all that it makes is freed. */
export async function valuesOf(make: () => tf.Tensor | tf.Tensor[]): Promise<number[][]> {
  const made = tf.tidy(make);
  const tensors = Array.isArray(made) ? made : [made];
  const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
  tf.dispose(tensors);
  return values;
}
