/** Reductions over any axes, and softmax. */
import * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import type { NativeBackend } from '../backend.js';
import { allFloat, type NativeKernel, nativeKernel } from '../kernel.js';
import { packStrides, stridesOf } from './strides.js';

/** Returns a new tensor: x with the given axes moved to the end. */
function reducedAxesLast(
  addon: Addon,
  backend: NativeBackend,
  x: tf.TensorInfo,
  axes: number[],
): tf.TensorInfo | undefined {
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const order = [...kept, ...axes];
  const shape = order.map((d) => x.shape[d]!);
  const own = stridesOf(x.shape);
  const strides = packStrides(
    shape,
    order.map((d) => own[d]!),
    stridesOf(shape),
  );
  if (!strides) return undefined;
  const y = backend.output(shape);
  addon.copy(strides, 4, backend.values(x), 0, y.values, 0);
  return y.info;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}

function reductionKernel(addon: Addon, name: string, operation: number): NativeKernel {
  return nativeKernel(name, ({ x }, attributes, backend) => {
    if (!allFloat(x!) || product(x!.shape) === 0) return undefined;
    const given = (attributes.axis ?? attributes.reductionIndices) as number | number[];
    const axes = tf.util.parseAxisParam(given, x!.shape).sort((a, b) => a - b);
    const kept = x!.shape.filter((_, d) => !axes.includes(d));
    const outShape = attributes.keepDims ? x!.shape.map((size, d) => (axes.includes(d) ? 1 : size)) : kept;
    if (axes.length === 0) return backend.reshaped(x!, outShape);
    const y = backend.floatOutput(outShape);
    const n = product(axes.map((d) => x!.shape[d]!));
    const adjacent = axes.every((d, i) => i === 0 || d === axes[i - 1]! + 1);
    if (adjacent) {
      const outer = product(x!.shape.slice(0, axes[0]));
      addon.reduce(operation, outer, n, y.values.length / outer, backend.features(x!), y.values);
      return y.info;
    }
    const ordered = reducedAxesLast(addon, backend, x!, axes);
    if (!ordered) return undefined;
    addon.reduce(operation, y.values.length, n, 1, backend.floats(ordered), y.values);
    backend.disposeIntermediateTensorInfo(ordered);
    return y.info;
  });
}

function softmaxKernel(addon: Addon, name: string, log: boolean): NativeKernel {
  return nativeKernel(name, (inputs, attributes, backend) => {
    const logits = inputs.logits!;
    const last = logits.shape.length - 1;
    const axis = (attributes.dim ?? attributes.axis ?? last) as number;
    if (!allFloat(logits) || (axis !== last && axis !== -1) || product(logits.shape) === 0) return undefined;
    const y = backend.floatOutput(logits.shape);
    const n = logits.shape[last]!;
    addon.softmax(y.values.length / n, n, Number(log), backend.floats(logits), y.values);
    return y.info;
  });
}

export function reductionKernels(addon: Addon): NativeKernel[] {
  return [
    ...addon.operations().reductions.map((name, operation) => reductionKernel(addon, name, operation)),
    softmaxKernel(addon, 'Softmax', false),
    softmaxKernel(addon, 'LogSoftmax', true),
  ];
}
