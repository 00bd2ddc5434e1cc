/** The sizes of a convolution. */
import * as tf from '../tf.js';

type Shape4D = [number, number, number, number];

export type Convolution = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** Returns the numbers of a convolution that tfjs describes with a kernel's attributes. */
export function convolutionOf(
  x: readonly number[],
  filter: readonly number[],
  attributes: Readonly<Record<string, unknown>>,
  depthwise: boolean,
): Convolution {
  const { strides, dilations, pad, dimRoundingMode, dataFormat } = attributes;
  return tf.backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides as [number, number],
    (dilations ?? 1) as [number, number],
    pad as 'valid' | 'same' | number,
    dimRoundingMode as 'floor' | undefined,
    depthwise,
    tf.backend_util.convertConv2DDataFormat((dataFormat ?? 'NHWC') as 'NHWC' | 'NCHW'),
  );
}
