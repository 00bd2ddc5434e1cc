/**
 * Convolutions and their gradients for any padding. Those of tfjs-node support only VALID and SAME; tfjs passes numeric padding
 * under a name that libtensorflow does not know.
 *
 * The operations are chosen for CPUs, where libtensorflow's alternatives differ a lot in speed; the comments below give the
 * numbers. On a GPU, each kernel uses the operation of its name: cuDNN finds the fastest algorithm itself, and every additional
 * operation costs a kernel launch.
 */
import { type Convolution, convolutionOf } from '../../fused/convolutionOf.js';
import * as tf from '../../tf.js';
import type { OpAttribute } from '../binding.js';
import type { NodeBackend } from '../nodeBackend.js';
import { flag, float32, integers, withList, word } from './attributes.js';
import { tensorflowKernel } from './kernel.js';
import { explicitZeros, paddingOf } from './padding.js';

type Images = Readonly<Record<'x' | 'dy' | 'filter', tf.Tensor4D>>;
type Attributes = Readonly<Record<string, unknown>>;
type Run = (images: Images, attributes: Attributes, backend: NodeBackend) => tf.Tensor;

function opAttributes(backend: NodeBackend, info: Convolution, padding = paddingOf(info)): OpAttribute[] {
  const channelsLast = info.dataFormat === 'channelsLast';
  const spatial = (height: number, width: number) =>
    channelsLast ? [1, height, width, 1] : [1, 1, height, width];
  return [
    float32(backend),
    integers(backend, 'strides', spatial(info.strideHeight, info.strideWidth)),
    integers(backend, 'dilations', spatial(info.dilationHeight, info.dilationWidth)),
    word(backend, 'data_format', channelsLast ? 'NHWC' : 'NCHW'),
    word(backend, 'padding', padding),
    ...(padding === 'EXPLICIT' ? [integers(backend, 'explicit_paddings', explicitZeros(info))] : []),
  ];
}

/** Whether the convolution is a product of the pixels that its strides meet, one row each, and a matrix. */
function isProductOfPixels({ filterHeight, filterWidth, dataFormat, padInfo }: Convolution): boolean {
  const padded = [padInfo.top, padInfo.bottom, padInfo.left, padInfo.right].some((size) => size > 0);
  return filterHeight === 1 && filterWidth === 1 && dataFormat === 'channelsLast' && !padded;
}

function meetsAllPixels({ strideHeight, strideWidth }: Convolution): boolean {
  return strideHeight === 1 && strideWidth === 1;
}

/** The pixels of x [batch, height, width, channels] that the strides meet. The caller disposes of them; they may be x itself. */
function pixelsMet(x: tf.Tensor4D, info: Convolution): tf.Tensor4D {
  if (meetsAllPixels(info)) return x;
  const strides = [1, info.strideHeight, info.strideWidth, 1];
  return tf.stridedSlice(x, [0, 0, 0, 0], x.shape, strides) as tf.Tensor4D;
}

function reshaped(backend: NodeBackend, x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return withList(shape, (list) => backend.executeSingleOutput('Reshape', [float32(backend)], [x, list]));
}

/** Returns the product of transposed x and dy, both seen as matrices with one row per pixel. */
function product(
  backend: NodeBackend,
  images: readonly [x: tf.Tensor4D, dy: tf.Tensor4D],
  shape: readonly number[],
): tf.Tensor {
  const rows = images.map((each) => reshaped(backend, each, [-1, each.shape[3]]));
  const attributes = [flag(backend, 'transpose_a', true), float32(backend)];
  const matrix = backend.executeSingleOutput('MatMul', attributes, rows);
  return reshaped(backend, matrix, shape);
}

function forward(name: string, depthwise: boolean): Run {
  return ({ x, filter }, attributes, backend) => {
    const info = convolutionOf(x.shape, filter.shape, attributes, depthwise);
    return backend.executeSingleOutput(name, opAttributes(backend, info), [x, filter]);
  };
}

/** Creates a kernel that runs the operation `name`; the shape of x is its first input. */
function inputGradient(name: string, depthwise: boolean): Run {
  return ({ dy, filter }, attributes, backend) => {
    const info = convolutionOf(attributes.inputShape as number[], filter.shape, attributes, depthwise);
    return withList(info.inShape, (sizes) =>
      backend.executeSingleOutput(name, opAttributes(backend, info), [sizes, filter, dy]),
    );
  };
}

const conv2dInputGradient = inputGradient('Conv2DBackpropInput', false);

/**
 * On a CPU, a convolution that is a matrix product runs as a forward convolution. For few pixels and many channels this is five
 * times as fast. It is as fast as the matrix product itself, which would need x, filter and result reshaped.
 */
const conv2dInputGradientOnAny: Run = (images, attributes, backend) => {
  const { dy, filter } = images;
  const info = convolutionOf(attributes.inputShape as number[], filter.shape, attributes, false);
  if (backend.isUsingGpuDevice || !isProductOfPixels(info) || !meetsAllPixels(info)) {
    return conv2dInputGradient(images, attributes, backend);
  }
  const transposed = withList([0, 1, 3, 2], (axes) =>
    backend.executeSingleOutput('Transpose', [float32(backend)], [filter, axes]),
  );
  return backend.executeSingleOutput('Conv2D', opAttributes(backend, info), [dy, transposed]);
};

/**
 * On a CPU, a convolution with one weight per channel runs as a matrix product: twice as fast for few pixels or few channels. With
 * strides there is another reason: for few channels, the kernel of oneDNN for AVX-512 (libtensorflow 2.21) touches memory that is
 * not its own, and the process ends with a damaged heap.
 */
const conv2dFilterGradient: Run = ({ x, dy }, attributes, backend) => {
  const info = convolutionOf(x.shape, attributes.filterShape as number[], attributes, false);
  if (!backend.isUsingGpuDevice && isProductOfPixels(info)) {
    return product(backend, [pixelsMet(x, info), dy], info.filterShape);
  }
  return withList(info.filterShape, (sizes) =>
    backend.executeSingleOutput('Conv2DBackpropFilter', opAttributes(backend, info), [x, sizes, dy]),
  );
};

/** Always passes the padding as numbers: with a padding name, oneDNN takes over and is four times as slow. */
const depthwiseFilterGradient: Run = ({ x, dy }, attributes, backend) => {
  const info = convolutionOf(x.shape, attributes.filterShape as number[], attributes, true);
  return withList(info.filterShape, (sizes) =>
    backend.executeSingleOutput(
      'DepthwiseConv2dNativeBackpropFilter',
      opAttributes(backend, info, 'EXPLICIT'),
      [x, sizes, dy],
    ),
  );
};

function convolutionKernel(name: string, run: Run): tf.KernelConfig {
  return tensorflowKernel(name, (inputs, attributes, { backend }) =>
    run(inputs as Images, attributes, backend),
  );
}

export const convolutionKernels: readonly tf.KernelConfig[] = [
  convolutionKernel('Conv2D', forward('Conv2D', false)),
  convolutionKernel('Conv2DBackpropInput', conv2dInputGradientOnAny),
  convolutionKernel('Conv2DBackpropFilter', conv2dFilterGradient),
  convolutionKernel('DepthwiseConv2dNative', forward('DepthwiseConv2dNative', true)),
  convolutionKernel(
    'DepthwiseConv2dNativeBackpropInput',
    inputGradient('DepthwiseConv2dNativeBackpropInput', true),
  ),
  convolutionKernel('DepthwiseConv2dNativeBackpropFilter', depthwiseFilterGradient),
];
