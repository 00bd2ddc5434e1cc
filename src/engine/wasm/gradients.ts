/**
 * The gradient kernels that tfjs' WebAssembly backend lacks, composed of its forward kernels. A filter gradient is made tap by
 * tap: the pixels that a tap sees, multiplied with the gradient of the result.
 */
import * as tf from '../tf.js';

type ConvAttributes = Readonly<Record<string, unknown>>;

/** A convolution's numbers, with the padding made explicit. */
function convInfo(x: number[], filter: number[], attributes: ConvAttributes, depthwise: boolean) {
  return tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    attributes.strides as [number, number],
    (attributes.dilations ?? 1) as [number, number],
    attributes.pad as 'valid' | 'same' | number,
    attributes.dimRoundingMode as 'floor' | undefined,
    depthwise,
  );
}

type ConvInfo = ReturnType<typeof convInfo>;

/** x with zeros around it, enough for every tap of the filter. */
function padImages(x: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const height = (info.outHeight - 1) * info.strideHeight + info.filterHeight;
  const width = (info.outWidth - 1) * info.strideWidth + info.filterWidth;
  const { top, left } = info.padInfo;
  const bottom = Math.max(0, height - top - info.inHeight);
  const right = Math.max(0, width - left - info.inWidth);
  return tf.pad4d(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

/** The pixels of the padded images that one tap sees, one per output pixel. */
function pixelsOfTap(padded: tf.Tensor4D, info: ConvInfo, ky: number, kx: number): tf.Tensor4D {
  const { outHeight, outWidth, strideHeight, strideWidth } = info;
  const [batch, , , channels] = padded.shape;
  if (strideHeight === 1 && strideWidth === 1) {
    return tf.slice(padded, [0, ky, kx, 0], [batch, outHeight, outWidth, channels]);
  }
  const end = [
    batch,
    ky + (outHeight - 1) * strideHeight + 1,
    kx + (outWidth - 1) * strideWidth + 1,
    channels,
  ];
  return tf.stridedSlice(padded, [0, ky, kx, 0], end, [1, strideHeight, strideWidth, 1]) as tf.Tensor4D;
}

/** One result per tap, in the order of the filter. */
function mapTaps<T>(x: tf.Tensor4D, info: ConvInfo, make: (pixels: tf.Tensor4D) => T): T[] {
  const padded = padImages(x, info);
  const results: T[] = [];
  for (let ky = 0; ky < info.filterHeight; ky++) {
    for (let kx = 0; kx < info.filterWidth; kx++) results.push(make(pixelsOfTap(padded, info, ky, kx)));
  }
  return results;
}

function refuseDilation(kernel: string, info: ConvInfo): void {
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) {
    throw new Error(
      `${kernel}: the wasm engine expects dilation 1, got ${info.dilationHeight}x${info.dilationWidth}`,
    );
  }
}

/** Gradient of a convolution's filter, `[height, width, in, out]`. */
export function conv2dFilterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, attributes: ConvAttributes): tf.Tensor {
  const shape = attributes.filterShape as [number, number, number, number];
  const info = convInfo(x.shape, shape, attributes, false);
  refuseDilation('Conv2DBackpropFilter', info);
  const rows = tf.reshape(dy, [-1, info.outChannels]);
  const taps = mapTaps(x, info, (pixels) => tf.matMul(tf.reshape(pixels, [-1, info.inChannels]), rows, true));
  return tf.reshape(tf.stack(taps), shape);
}

/** Gradient of a depthwise filter, `[height, width, channels, 1]`. */
export function depthwiseFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  attributes: ConvAttributes,
): tf.Tensor {
  const shape = attributes.filterShape as [number, number, number, number];
  const info = convInfo(x.shape, shape, attributes, true);
  refuseDilation('DepthwiseConv2dNativeBackpropFilter', info);
  refuseMultiplier('DepthwiseConv2dNativeBackpropFilter', shape);
  const taps = mapTaps(x, info, (pixels) => tf.sum(tf.mul(pixels, dy), [0, 1, 2]));
  return tf.reshape(tf.stack(taps), shape);
}

/** Gradient of a depthwise convolution's input: a depthwise convolution of dy with the filter turned round. */
export function depthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  attributes: ConvAttributes,
): tf.Tensor {
  const shape = attributes.inputShape as [number, number, number, number];
  const info = convInfo(shape, filter.shape, attributes, true);
  refuseDilation('DepthwiseConv2dNativeBackpropInput', info);
  refuseMultiplier('DepthwiseConv2dNativeBackpropInput', filter.shape);
  const { top, left } = info.padInfo;
  const spread = spreadPixels(dy, info.strideHeight, info.strideWidth);
  const before = [info.filterHeight - 1 - top, info.filterWidth - 1 - left] as const;
  const after = [info.inHeight + top - spread.shape[1], info.inWidth + left - spread.shape[2]] as const;
  const padded = tf.pad4d(cropped(spread, before, after), [
    [0, 0],
    [Math.max(0, before[0]), Math.max(0, after[0])],
    [Math.max(0, before[1]), Math.max(0, after[1])],
    [0, 0],
  ]);
  return tf.depthwiseConv2d(padded, tf.reverse(filter, [0, 1]), 1, 'valid');
}

/** Cuts off what a negative padding takes away. */
function cropped(
  x: tf.Tensor4D,
  before: readonly [number, number],
  after: readonly [number, number],
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const [top, left] = [Math.max(0, -before[0]), Math.max(0, -before[1])];
  const [bottom, right] = [Math.max(0, -after[0]), Math.max(0, -after[1])];
  if (top + left + bottom + right === 0) return x;
  return tf.slice(x, [0, top, left, 0], [batch, height - top - bottom, width - left - right, channels]);
}

/** Puts stride - 1 zeros behind every pixel but the last of a row and column. */
function spreadPixels(dy: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return dy;
  const [batch, height, width, channels] = dy.shape;
  const cells = tf.reshape(dy, [batch * height, 1, width, 1, channels]);
  const padded = tf.pad(cells, [
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
    [0, strideWidth - 1],
    [0, 0],
  ]);
  const spread = tf.reshape(padded, [
    batch,
    height * strideHeight,
    width * strideWidth,
    channels,
  ]) as tf.Tensor4D;
  const end = [batch, (height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1, channels];
  return tf.slice(spread, [0, 0, 0, 0], end as [number, number, number, number]);
}

function refuseMultiplier(kernel: string, filter: readonly number[]): void {
  if (filter[3] !== 1) {
    throw new Error(`${kernel}: the wasm engine expects one filter per channel, got ${filter[3]}`);
  }
}
