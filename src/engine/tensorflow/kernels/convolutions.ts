/**
 * Convolutions and their gradients for any padding. Those of tfjs-node know VALID and SAME alone, while tfjs passes a padding in numbers
 * under a name that libtensorflow has never heard of.
 */
import * as tf from '../../tf.js';
import type { OpAttribute } from '../binding.js';
import type { NodeBackend } from '../nodeBackend.js';
import { type Convolution, convolutionOf, paddingOf } from './padding.js';

type Images = Readonly<Record<'x' | 'dy' | 'filter', tf.Tensor4D>>;
type Attributes = Readonly<Record<string, unknown>>;
type Run = (images: Images, attributes: Attributes, backend: NodeBackend) => tf.Tensor;

function opAttributes(info: Convolution, { binding }: NodeBackend): OpAttribute[] {
  const integers = (name: string, value: readonly number[]) => ({ name, type: binding.TF_ATTR_INT, value });
  const word = (name: string, value: string) => ({ name, type: binding.TF_ATTR_STRING, value });
  const channelsLast = info.dataFormat === 'channelsLast';
  const spatial = (height: number, width: number) =>
    channelsLast ? [1, height, width, 1] : [1, 1, height, width];
  const how = paddingOf(info);
  return [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    integers('strides', spatial(info.strideHeight, info.strideWidth)),
    integers('dilations', spatial(info.dilationHeight, info.dilationWidth)),
    word('data_format', channelsLast ? 'NHWC' : 'NCHW'),
    word('padding', how.padding),
    ...(how.padding === 'EXPLICIT' ? [integers('explicit_paddings', how.zeros)] : []),
  ];
}

/** Runs an operation one of whose inputs is a shape. */
function withShape<T>(shape: readonly number[], run: (sizes: tf.Tensor) => T): T {
  const sizes = tf.tensor1d([...shape], 'int32');
  try {
    return run(sizes);
  } finally {
    sizes.dispose();
  }
}

function forward(name: string, depthwise: boolean): Run {
  return ({ x, filter }, attributes, backend) => {
    const info = convolutionOf(x.shape, filter.shape, attributes, depthwise);
    return backend.executeSingleOutput(name, opAttributes(info, backend), [x, filter]);
  };
}

function inputGradient(name: string, depthwise: boolean): Run {
  return ({ dy, filter }, attributes, backend) => {
    const info = convolutionOf(attributes.inputShape as number[], filter.shape, attributes, depthwise);
    return withShape(info.inShape, (sizes) =>
      backend.executeSingleOutput(name, opAttributes(info, backend), [sizes, filter, dy]),
    );
  };
}

function filterGradient(name: string, depthwise: boolean): Run {
  return ({ x, dy }, attributes, backend) => {
    const info = convolutionOf(x.shape, attributes.filterShape as number[], attributes, depthwise);
    return withShape(info.filterShape, (sizes) =>
      backend.executeSingleOutput(name, opAttributes(info, backend), [x, sizes, dy]),
    );
  };
}

const kernels: Readonly<Record<string, Run>> = {
  Conv2D: forward('Conv2D', false),
  Conv2DBackpropInput: inputGradient('Conv2DBackpropInput', false),
  Conv2DBackpropFilter: filterGradient('Conv2DBackpropFilter', false),
  DepthwiseConv2dNative: forward('DepthwiseConv2dNative', true),
  DepthwiseConv2dNativeBackpropInput: inputGradient('DepthwiseConv2dNativeBackpropInput', true),
  DepthwiseConv2dNativeBackpropFilter: filterGradient('DepthwiseConv2dNativeBackpropFilter', true),
};

export const convolutionKernels: readonly tf.KernelConfig[] = Object.entries(kernels).map(
  ([kernelName, run]) => ({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) =>
      run(inputs as unknown as Images, attrs ?? {}, backend as NodeBackend),
  }),
);
