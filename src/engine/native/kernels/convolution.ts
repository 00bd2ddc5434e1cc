/**
 * Convolutions and depthwise convolutions in NHWC: forward and both gradients. Dilated convolutions, and depthwise ones with
 * several filters per channel, are left to the plain JavaScript kernels.
 */
import { isHalfPrecision } from '../../halfPrecision.js';
import { engineSettings } from '../../settings.js';
import * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import type { NativeBackend } from '../backend.js';
import { type Attributes, allFloat, type Inputs, type NativeKernel, nativeKernel } from '../kernel.js';

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

/** Returns the numbers of a convolution in the order of ConvShape (native/kernels/matrix_table.h). */
function convShape(info: ConvInfo, half: boolean, direct: boolean): Int32Array {
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
    Number(direct),
  );
}

function isNative(info: ConvInfo, depthwise: boolean): boolean {
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) return false;
  return !depthwise || (info.outChannels === info.inChannels && info.filterHeight <= 16);
}

/** A convolution that is to be exact is not rounded in half precision, and neither is the gradient in its input. */
function outputOf(backend: NativeBackend, shape: readonly number[], { exact }: Attributes) {
  return exact ? backend.floatOutput(shape) : backend.featureOutput(shape);
}

/** One kind of convolution: the addon's three functions and the names of the kernels. */
interface Family {
  readonly depthwise: boolean;
  /** Whether forward and input gradient have kernels that round to bfloat16. */
  readonly canBeHalf: boolean;
  /** Kernels that compute the same except for the addon's last steps. */
  readonly forward: readonly string[];
  readonly inputGradient: string;
  readonly filterGradient: string;
  readonly run: {
    readonly forward: Addon['conv2d'];
    readonly inputGradient: Addon['conv2dInputGradient'];
    readonly filterGradient: Addon['conv2dFilterGradient'];
  };
}

function kernelsOf({ depthwise, canBeHalf, run, ...names }: Family): NativeKernel[] {
  const half = () => canBeHalf && isHalfPrecision();
  const direct = !engineSettings().winograd;
  const forward = names.forward.map((name) =>
    nativeKernel(name, (inputs, attributes, backend) => {
      const { x, filter, bias, variance } = inputs;
      const info = convInfo(name, x!.shape, filter!.shape, attributes, depthwise);
      if (!allFloat(x!, filter!) || !isNative(info, depthwise)) return undefined;
      const y = outputOf(backend, info.outShape, attributes);
      const operands = [
        convShape(info, half(), direct),
        backend.features(x!),
        backend.floats(filter!),
      ] as const;
      const silu = Number(attributes.activation === 'silu');
      if (variance) {
        backend.scratch(2 * info.outChannels, (both) => {
          const [scale, shift] = [both.subarray(0, info.outChannels), both.subarray(info.outChannels)];
          foldNorm(inputs, attributes.epsilon as number, backend, scale, shift);
          run.forward(...operands, scale, shift, silu, y.values);
        });
      } else run.forward(...operands, null, bias ? backend.floats(bias) : null, silu, y.values);
      return y.info;
    }),
  );
  const inputGradient = nativeKernel(names.inputGradient, ({ dy, filter }, attributes, backend) => {
    const inputShape = attributes.inputShape as number[];
    const info = convInfo(names.inputGradient, inputShape, filter!.shape, attributes, depthwise);
    if (!allFloat(dy!, filter!) || !isNative(info, depthwise)) return undefined;
    const dx = outputOf(backend, inputShape, attributes);
    run.inputGradient(
      convShape(info, half(), direct),
      backend.features(dy!),
      backend.floats(filter!),
      dx.values,
    );
    return dx.info;
  });
  const filterGradient = nativeKernel(names.filterGradient, ({ x, dy }, attributes, backend) => {
    const filterShape = attributes.filterShape as number[];
    const info = convInfo(names.filterGradient, x!.shape, filterShape, attributes, depthwise);
    if (!allFloat(x!, dy!) || !isNative(info, depthwise)) return undefined;
    const dfilter = backend.floatOutput(filterShape);
    run.filterGradient(
      convShape(info, half(), direct),
      backend.features(x!),
      backend.features(dy!),
      dfilter.values,
    );
    return dfilter.info;
  });
  return [...forward, inputGradient, filterGradient];
}

/** Folds bias and batch norm with given statistics into one scale and one shift per output channel. */
function foldNorm(
  { bias, mean, variance, gamma, beta }: Inputs,
  epsilon: number,
  backend: NativeBackend,
  scale: Float32Array,
  shift: Float32Array,
): void {
  const values = (tensor: tf.TensorInfo | undefined) => backend.floats(tensor!);
  const statistics = [values(mean), values(variance), values(gamma), values(beta)] as const;
  backend.addon.foldNorm(scale.length, epsilon, bias ? values(bias) : null, ...statistics, scale, shift);
}

/**
 * Conv2D, DepthwiseConv2dNative, their gradients, and convolutions fused with the operations that follow them: see
 * ../../fused/convolve.ts and ../../fused/convolveNormalized.ts.
 */
export function convolutionKernels(addon: Addon): NativeKernel[] {
  return [
    ...kernelsOf({
      depthwise: false,
      canBeHalf: addon.halfProducts(),
      forward: ['Conv2D', 'ConvolveBiased', 'ConvolveNormalized'],
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
        forward: (shape, x, filter, _scale, _shift, _silu, y) => addon.depthwise(shape, x, filter, y),
        inputGradient: addon.depthwiseInputGradient,
        filterGradient: addon.depthwiseFilterGradient,
      },
    }),
  ];
}
