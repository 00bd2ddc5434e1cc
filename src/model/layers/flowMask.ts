/** Which weights of the flow's convolutions are used. */
import * as tf from '../../engine/tf.js';

/** Hidden channels of a flow cell per latent channel. */
export const flowExpansion = 6;

/** A convolution of a flow cell. For a depthwise one, channels in and out are 1. */
export interface FlowMaskShape {
  readonly kernel: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly mirrored: boolean;
}

/**
 * Returns 1 for each weight of `[kernel, kernel, in, out]` that is used, else 0: all rows above the centre, no rows below it, and in the
 * centre row those right of the centre. The mirrored mask is rotated by 180 degrees. At the centre itself, a latent channel
 * sees only lower channels: the expanding convolution (strictly lower) and the reducing one (lower or equal) ensure this
 * together. With one channel in and out, as in the depthwise mask, a channel sees itself.
 */
export function flowMaskValues({ kernel, inChannels, outChannels, mirrored }: FlowMaskShape): Float32Array {
  const centre = (kernel - 1) / 2;
  const mask = new Float32Array(kernel * kernel * inChannels * outChannels);
  mask.forEach((_, at) => {
    const output = at % outChannels;
    const input = Math.floor(at / outChannels) % inChannels;
    const pixel = Math.floor(at / (outChannels * inChannels));
    const place = mirrored ? kernel * kernel - 1 - pixel : pixel;
    const row = Math.floor(place / kernel);
    const column = place % kernel;
    if (row === centre && column === centre)
      mask[at] = Number(centreCounts(input, output, inChannels, outChannels));
    else mask[at] = Number(row < centre || (row === centre && column > centre));
  });
  return mask;
}

/** The mask as a tensor, `[kernel, kernel, in, out]`. */
export function flowMask(shape: FlowMaskShape): tf.Tensor4D {
  const { kernel, inChannels, outChannels } = shape;
  return tf.tensor4d(flowMaskValues(shape), [kernel, kernel, inChannels, outChannels]);
}

function centreCounts(input: number, output: number, inChannels: number, outChannels: number): boolean {
  if (inChannels < outChannels) return input < Math.floor(output / flowExpansion);
  if (inChannels > outChannels) return Math.floor(input / flowExpansion) <= output;
  return true;
}
