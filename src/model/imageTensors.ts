/** Between bytes and the tensors that the model sees. */
import * as tf from '../engine/tf.js';
import type { ImageBatch } from './plainData.js';

/** 0 to 255 on the scale 0 to 1, rounded once. */
const scale = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/**
 * `[B, size, size, 3]` in [0, 1], the caller's.
 * @throws RangeError when the batch has other images than the model
 */
export function imagesToTensor({ pixels, shape }: ImageBatch, size: number): tf.Tensor4D {
  const [batch, height, width, channels] = shape;
  const length = batch * size * size * 3;
  if (batch < 1 || height !== size || width !== size || channels !== 3 || pixels.length !== length) {
    const got = `[${shape.join(', ')}] with ${pixels.length} bytes`;
    throw new RangeError(`images: expected [batch, ${size}, ${size}, 3] with ${length} bytes, got ${got}`);
  }
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 1) values[i] = scale[pixels[i] ?? 0] ?? 0;
  return tf.tensor4d(values, [batch, size, size, 3]);
}

/** Images in [0, 1] as bytes. The tensor stays the caller's. */
export async function imagesFromTensor(images: tf.Tensor4D): Promise<ImageBatch> {
  const [batch, height, width] = images.shape;
  const values = await images.data<'float32'>();
  const pixels = new Uint8Array(values.length);
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = Math.round((values[i] ?? 0) * 255);
  return { pixels, shape: [batch, height, width, 3] };
}
