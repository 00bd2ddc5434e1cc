/** How libtensorflow is told a padding that tfjs gives in numbers. */
import * as tf from '../../tf.js';

type Shape4D = [number, number, number, number];

export type Convolution = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** The numbers of a convolution that tfjs describes by a kernel's attributes. */
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

/** One of the two spatial axes. */
interface Axis {
  readonly size: number;
  readonly filter: number;
  readonly stride: number;
  readonly before: number;
  readonly out: number;
}

function axesOf(info: Convolution): [Axis, Axis] {
  const vertical = {
    size: info.inHeight,
    filter: info.effectiveFilterHeight,
    stride: info.strideHeight,
    before: info.padInfo.top,
    out: info.outHeight,
  };
  const horizontal = {
    size: info.inWidth,
    filter: info.effectiveFilterWidth,
    stride: info.strideWidth,
    before: info.padInfo.left,
    out: info.outWidth,
  };
  return [vertical, horizontal];
}

/** Zeros behind the last pixel, as many as the last position of the filter takes. */
function behind({ size, filter, stride, before, out }: Axis): number {
  return Math.max(0, (out - 1) * stride + filter - before - size);
}

function isValid({ size, filter, stride, before, out }: Axis): boolean {
  return before === 0 && out === Math.ceil((size - filter + 1) / stride);
}

/** libtensorflow puts the odd one of the zeros behind, and for a stride of 2 and an even size it takes one less in front than tfjs does. */
function isSame({ size, filter, stride, before, out }: Axis): boolean {
  const zeros = Math.max(0, (out - 1) * stride + filter - size);
  return out === Math.ceil(size / stride) && before === Math.floor(zeros / 2);
}

export type Padding =
  | { readonly padding: 'VALID' | 'SAME' }
  /** Zeros before and behind each axis of `[batch, height, width, channels]`. */
  | { readonly padding: 'EXPLICIT'; readonly zeros: readonly number[] };

/** The words come first, because libtensorflow has faster code for them on processors (oneDNN). */
export function paddingOf(info: Convolution): Padding {
  const axes = axesOf(info);
  if (axes.every(isValid)) return { padding: 'VALID' };
  if (axes.every(isSame)) return { padding: 'SAME' };
  const [vertical, horizontal] = axes;
  const zeros = [vertical.before, behind(vertical), horizontal.before, behind(horizontal)];
  return {
    padding: 'EXPLICIT',
    zeros: info.dataFormat === 'channelsLast' ? [0, 0, ...zeros, 0, 0] : [0, 0, 0, 0, ...zeros],
  };
}
