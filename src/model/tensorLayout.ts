/**
 * The only module that knows both axis orders: PyTorch's (channels first), used by files and reference data, and
 * the engine's (channels last), in which the model computes.
 */

import type { TensorData } from '../base/plainData.js';
import type { Layout } from './parameterSpec.js';
import { sizeOf } from './parameterSpec.js';

/** Axis i of the engine's tensor is axis order[i] of PyTorch's. */
const fromTorch: Partial<Record<Layout, readonly number[]>> = {
  linear: [1, 0],
  convolution: [2, 3, 1, 0],
  depthwise: [2, 3, 0, 1],
  image: [0, 2, 3, 1],
};

/** Reorders axes: axis i of the result is axis order[i] of the input. Values are row-major and are copied. */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const outShape = order.map((axis) => shape[axis] ?? 1);
  const outStrides = order.map((axis) => strides[axis] ?? 1);
  const out = new Float32Array(values.length);
  const index = new Array<number>(order.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to += 1) {
    out[to] = values[from] ?? 0;
    for (let axis = order.length - 1; axis >= 0; axis -= 1) {
      const next = (index[axis] ?? 0) + 1;
      from += outStrides[axis] ?? 0;
      if (next < (outShape[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      from -= next * (outStrides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return out;
}

function inverse(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

/** Returns the shape in PyTorch's axis order of a tensor with shape `shape` in ours. */
export function torchShape(shape: readonly number[], layout: Layout): number[] {
  if (layout === 'gain') return [shape[0] ?? 0, 1, 1, 1];
  const order = fromTorch[layout];
  return order ? inverse(order).map((axis) => shape[axis] ?? 0) : [...shape];
}

/** Converts values from PyTorch's axis order to ours. `shape` is ours. */
export function valuesFromTorch(
  values: Float32Array,
  shape: readonly number[],
  layout: Layout,
): Float32Array {
  const order = fromTorch[layout];
  return order ? permute(values, torchShape(shape, layout), order) : Float32Array.from(values);
}

/** Converts values from our axis order to PyTorch's. `shape` is ours. */
export function toTorch(values: Float32Array, shape: readonly number[], layout: Layout): TensorData {
  const order = fromTorch[layout];
  const data = order ? permute(values, shape, inverse(order)) : Float32Array.from(values);
  return { dtype: 'float32', shape: torchShape(shape, layout), data };
}
