/** Kernels that tfjs' WebAssembly backend 4.22 lacks or computes wrongly or slowly. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '../tf.js';
import {
  conv2dFilterGradient,
  conv2dInputGradient,
  depthwiseFilterInfo,
  depthwiseFilterSums,
  depthwiseInputGradient,
} from './gradients.js';

type Images = Readonly<Record<'x' | 'dy' | 'filter', tf.Tensor4D>>;
type Attributes = Readonly<Record<string, unknown>>;

/** Bodies composed of tfjs operations. Conv2DBackpropInput exists, but as plain loops that are six times slower. */
const composed: Readonly<Record<string, (inputs: Images, attributes: Attributes) => tf.Tensor>> = {
  Conv2DBackpropFilter: ({ x, dy }, attributes) => conv2dFilterGradient(x, dy, attributes),
  Conv2DBackpropInput: ({ dy, filter }, attributes) => conv2dInputGradient(dy, filter, attributes),
  DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, attributes) =>
    depthwiseInputGradient(dy, filter, attributes),
};

let registered = false;

/** Registers the kernels with tfjs; further calls do nothing. The backend's package must have been imported. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const [kernelName, body] of Object.entries(composed)) {
    replaceKernel(kernelName, ({ inputs, attrs }) => tf.tidy(() => body(inputs as Images, attrs ?? {})));
  }
  replaceKernel('DepthwiseConv2dNativeBackpropFilter', depthwiseFilterGradient);
  correctOneHot();
}

function depthwiseFilterGradient({ inputs, attrs, backend }: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { x, dy } = inputs as Images;
  const wasm = backend as BackendWasm;
  const info = depthwiseFilterInfo(x.shape, attrs ?? {});
  // Allocates the result first: this may move the heap, which invalidates every earlier view.
  const result = wasm.makeOutput(info.filterShape, 'float32');
  const values = (tensor: tf.TensorInfo) => wasm.typedArrayFromHeap(tensor) as Float32Array;
  const sums = values(result).fill(0);
  depthwiseFilterSums(values(x), values(dy), sums, info);
  return result;
}

/** tfjs' kernel writes integers whatever type was requested, so floats come out as 1e-45. */
function correctOneHot(): void {
  const original = tf.getKernel('OneHot', 'wasm').kernelFunc;
  replaceKernel('OneHot', (parameters) => {
    const dtype = parameters.attrs?.dtype as tf.DataType;
    const whole = original({
      ...parameters,
      attrs: { ...parameters.attrs, dtype: 'int32' },
    }) as tf.TensorInfo;
    if (dtype === 'int32') return whole;
    const cast = tf.getKernel('Cast', 'wasm').kernelFunc;
    const result = cast({ inputs: { x: whole }, attrs: { dtype }, backend: parameters.backend });
    (parameters.backend as BackendWasm).disposeData(whole.dataId);
    return result;
  });
}

/** Replaces a kernel; registering over it would print a warning. Keeps its setup function, which runs when the backend starts. */
function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  const present = tf.getKernel(kernelName, 'wasm');
  if (present) tf.unregisterKernel(kernelName, 'wasm');
  const setupFunc = present?.setupFunc;
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc, ...(setupFunc && { setupFunc }) });
}
