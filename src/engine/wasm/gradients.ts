/**
 * Gradient kernels that tfjs' WebAssembly backend lacks, composed of its forward kernels, which are fast thanks to XNNPACK.
 */
import * as tf from '../tf.js';

type ConvAttributes = Readonly<Record<string, unknown>>;

/** Returns a convolution's numbers with explicit padding. */
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

export type ConvInfo = ReturnType<typeof convInfo>;

/** Pads x with enough zeros for every tap of the filter. */
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

function refuseDilation(kernel: string, info: ConvInfo): void {
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) {
    throw new Error(
      `${kernel}: the wasm engine expects dilation 1, got ${info.dilationHeight}x${info.dilationWidth}`,
    );
  }
}

/**
 * Computes the gradient of a convolution's filter, `[height, width, in, out]`: a convolution of x with dy as its filter, with
 * channels and images exchanged and the stride as the dilation.
 */
export function conv2dFilterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, attributes: ConvAttributes): tf.Tensor {
  const shape = attributes.filterShape as [number, number, number, number];
  const info = convInfo(x.shape, shape, attributes, false);
  refuseDilation('Conv2DBackpropFilter', info);
  const images = tf.transpose(padImages(x, info), [3, 1, 2, 0]);
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const { strideHeight, strideWidth, filterHeight, filterWidth, inChannels, outChannels } = info;
  // `[in, height, width, out]`; larger if the convolution did not read the last rows or columns of x
  const gradient = tf.conv2d(images, filter, 1, 'valid', 'NHWC', [strideHeight, strideWidth]);
  const wanted = [inChannels, filterHeight, filterWidth, outChannels] as [number, number, number, number];
  return tf.transpose(tf.slice(gradient, [0, 0, 0, 0], wanted), [1, 2, 0, 3]);
}

/** Computes the gradient of a convolution's input: a convolution of dy with the filter rotated by 180 degrees, channels exchanged. */
export function conv2dInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  attributes: ConvAttributes,
): tf.Tensor {
  const shape = attributes.inputShape as [number, number, number, number];
  const info = convInfo(shape, filter.shape, attributes, false);
  refuseDilation('Conv2DBackpropInput', info);
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(gradientImages(dy, info), turned, 1, 'valid');
}

/** Computes the gradient of a depthwise convolution's input: a depthwise convolution of dy with the filter rotated by 180 degrees. */
export function depthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  attributes: ConvAttributes,
): tf.Tensor {
  const shape = attributes.inputShape as [number, number, number, number];
  const info = convInfo(shape, filter.shape, attributes, true);
  refuseDilation('DepthwiseConv2dNativeBackpropInput', info);
  refuseMultiplier('DepthwiseConv2dNativeBackpropInput', filter.shape);
  return tf.depthwiseConv2d(gradientImages(dy, info), tf.reverse(filter, [0, 1]), 1, 'valid');
}

/** Returns the numbers of a depthwise filter gradient; rejects those that {@link depthwiseFilterSums} cannot compute. */
export function depthwiseFilterInfo(x: readonly number[], attributes: ConvAttributes): ConvInfo {
  const shape = attributes.filterShape as number[];
  const info = convInfo([...x], shape, attributes, true);
  refuseDilation('DepthwiseConv2dNativeBackpropFilter', info);
  refuseMultiplier('DepthwiseConv2dNativeBackpropFilter', shape);
  return info;
}

/**
 * Computes the gradient of a depthwise filter, `[height, width, channels, 1]`, in plain loops: composed of tfjs operations, it
 * would read and write both images for every tap. `result` must contain zeros.
 */
export function depthwiseFilterSums(
  x: Float32Array,
  dy: Float32Array,
  result: Float32Array,
  info: ConvInfo,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const { top, left } = info.padInfo;
  for (let b = 0; b < batchSize; b++) {
    for (let row = 0; row < outHeight; row++) {
      for (let ky = 0; ky < filterHeight; ky++) {
        const inRow = row * info.strideHeight + ky - top;
        if (inRow < 0 || inRow >= inHeight) continue;
        const dyRow = (b * outHeight + row) * outWidth;
        const xRow = (b * inHeight + inRow) * inWidth;
        for (let kx = 0; kx < filterWidth; kx++) {
          const tap = (ky * filterWidth + kx) * inChannels;
          const first = Math.max(0, Math.ceil((left - kx) / info.strideWidth));
          for (let column = first; column < outWidth; column++) {
            const inColumn = column * info.strideWidth + kx - left;
            if (inColumn >= inWidth) break;
            const from = (xRow + inColumn) * inChannels;
            const to = (dyRow + column) * inChannels;
            for (let c = 0; c < inChannels; c++) result[tap + c]! += x[from + c]! * dy[to + c]!;
          }
        }
      }
    }
  }
}

/** Inserts the zeros around and between the pixels of dy that a forward convolution needs to compute the input gradient. */
function gradientImages(dy: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const { top, left } = info.padInfo;
  const spread = spreadPixels(dy, info.strideHeight, info.strideWidth);
  const before = [info.filterHeight - 1 - top, info.filterWidth - 1 - left] as const;
  const after = [info.inHeight + top - spread.shape[1], info.inWidth + left - spread.shape[2]] as const;
  return tf.pad4d(cropped(spread, before, after), [
    [0, 0],
    [Math.max(0, before[0]), Math.max(0, after[0])],
    [Math.max(0, before[1]), Math.max(0, after[1])],
    [0, 0],
  ]);
}

/** Crops the rows and columns that a negative padding removes. */
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

/** Inserts stride - 1 zeros after every pixel except the last of a row or column. */
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
