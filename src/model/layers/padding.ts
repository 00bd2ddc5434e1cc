/**
 * Images whose size cannot be halved as often as the model does: zeros around them before the first convolution, and the same
 * border cut off the decoder's output. The border is as wide on both sides; where the number of added pixels is odd, right and bottom get one
 * more. Zeros, because every convolution of the model pads with them, too.
 */
import * as tf from '../../engine/tf.js';

/** Width of the border to the left and above. */
const before = (size: number, padded: number): number => Math.floor((padded - size) / 2);

/** `[B, size, size, C]` to `[B, padded, padded, C]`, with zeros around. */
export function padImages(x: tf.Tensor4D, padded: number): tf.Tensor4D {
  const size = x.shape[1];
  const first = before(size, padded);
  const border: [number, number] = [first, padded - size - first];
  return tf.pad4d(x, [[0, 0], border, border, [0, 0]]);
}

/** `[B, padded, padded, C]` to `[B, size, size, C]`, the pixels that `padImages` has put the images on. */
export function cropImages(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [batch, padded, , channels] = x.shape;
  const first = before(size, padded);
  return tf.slice4d(x, [0, first, first, 0], [batch, size, size, channels]);
}
