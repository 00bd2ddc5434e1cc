/**
 * Convolutions and depthwise convolutions, forward and both gradients, in NHWC. Dilated ones, and depthwise ones with several
 * filters per channel, are left to the plain JavaScript kernels.
 */
import { isHalfPrecision } from '../../halfPrecision.js';
import * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import { type Attributes, allFloat, type NativeKernel, nativeKernel } from '../kernel.js';

type Shape4 = [number, number, number, number];
type ConvInfo = tf.backend_util.Conv2DInfo;

function convInfo(
  name: string,
  x: number[],
  filter: number[],
  attributes: Attributes,
  depthwise: boolean,
): ConvInfo {
  const { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode } = attributes;
  if (dataFormat !== 'NHWC') {
    throw new Error(`${name}: the native engine expects dataFormat NHWC, got ${String(dataFormat)}`);
  }
  return tf.backend_util.computeConv2DInfo(
    x as Shape4,
    filter as Shape4,
    strides as number | [number, number],
    (dilations ?? 1) as number | [number, number],
    pad as 'valid' | 'same' | number,
    dimRoundingMode as 'floor' | 'round' | 'ceil' | undefined,
    depthwise,
  );
}

/** The numbers of a convolution in the order of ConvShape (native/kernels/matrix_table.h). */
function convShape(info: ConvInfo, half: boolean): Int32Array {
  return Int32Array.of(
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
    Number(half),
  );
}

function isNative(info: ConvInfo, depthwise: boolean): boolean {
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) return false;
  return !depthwise || (info.outChannels === info.inChannels && info.filterHeight <= 16);
}

/** Operations of one kind of convolution: the addon's three functions and the names of the kernels. */
interface Family {
  readonly depthwise: boolean;
  /** Whether there are kernels that round to bfloat16, for forward and input gradient. */
  readonly canBeHalf: boolean;
  /** Without a bias, and with one. */
  readonly forward: readonly string[];
  readonly inputGradient: string;
  readonly filterGradient: string;
  readonly run: {
    readonly forward: (
      shape: Int32Array,
      x: Float32Array,
      filter: Float32Array,
      bias: Float32Array | null,
      y: Float32Array,
    ) => void;
    readonly inputGradient: (
      shape: Int32Array,
      dy: Float32Array,
      filter: Float32Array,
      dx: Float32Array,
    ) => void;
    readonly filterGradient: (
      shape: Int32Array,
      x: Float32Array,
      dy: Float32Array,
      dfilter: Float32Array,
    ) => void;
  };
}

function kernelsOf({ depthwise, canBeHalf, run, ...names }: Family): NativeKernel[] {
  const half = () => canBeHalf && isHalfPrecision();
  const forward = names.forward.map((name) =>
    nativeKernel(name, ({ x, filter, bias }, attributes, backend) => {
      const info = convInfo(name, x!.shape, filter!.shape, attributes, depthwise);
      if (!allFloat(x!, filter!) || !isNative(info, depthwise)) return undefined;
      const y = backend.floatOutput(info.outShape);
      const operands = [backend.floats(x!), backend.floats(filter!)] as const;
      run.forward(convShape(info, half()), ...operands, bias ? backend.floats(bias) : null, y.values);
      return y.info;
    }),
  );
  const inputGradient = nativeKernel(names.inputGradient, ({ dy, filter }, attributes, backend) => {
    const inputShape = attributes.inputShape as number[];
    const info = convInfo(names.inputGradient, inputShape, filter!.shape, attributes, depthwise);
    if (!allFloat(dy!, filter!) || !isNative(info, depthwise)) return undefined;
    const dx = backend.floatOutput(inputShape);
    run.inputGradient(convShape(info, half()), backend.floats(dy!), backend.floats(filter!), dx.values);
    return dx.info;
  });
  const filterGradient = nativeKernel(names.filterGradient, ({ x, dy }, attributes, backend) => {
    const filterShape = attributes.filterShape as number[];
    const info = convInfo(names.filterGradient, x!.shape, filterShape, attributes, depthwise);
    if (!allFloat(x!, dy!) || !isNative(info, depthwise)) return undefined;
    const dfilter = backend.floatOutput(filterShape);
    run.filterGradient(convShape(info, false), backend.floats(x!), backend.floats(dy!), dfilter.values);
    return dfilter.info;
  });
  return [...forward, inputGradient, filterGradient];
}

/** Conv2D, ConvolveBiased (see ../../fused/convolve.ts), DepthwiseConv2dNative and their gradients. */
export function convolutionKernels(addon: Addon): NativeKernel[] {
  return [
    ...kernelsOf({
      depthwise: false,
      canBeHalf: addon.halfProducts(),
      forward: ['Conv2D', 'ConvolveBiased'],
      inputGradient: 'Conv2DBackpropInput',
      filterGradient: 'Conv2DBackpropFilter',
      run: {
        forward: addon.conv2d,
        inputGradient: addon.conv2dInputGradient,
        filterGradient: addon.conv2dFilterGradient,
      },
    }),
    ...kernelsOf({
      depthwise: true,
      canBeHalf: false,
      forward: ['DepthwiseConv2dNative'],
      inputGradient: 'DepthwiseConv2dNativeBackpropInput',
      filterGradient: 'DepthwiseConv2dNativeBackpropFilter',
      run: {
        forward: (shape, x, filter, _bias, y) => addon.depthwise(shape, x, filter, y),
        inputGradient: addon.depthwiseInputGradient,
        filterGradient: addon.depthwiseFilterGradient,
      },
    }),
  ];
}
