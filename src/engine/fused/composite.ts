/**
 * Each fused operation is a kernel with its own name. The native engine implements them in C++. For every other engine, a
 * composite of ordinary tfjs operations is registered under the same name, so that one gradient works for all engines.
 */
import * as tf from '../tf.js';

export type Inputs = Readonly<Record<string, tf.Tensor>>;
export type Attributes = Readonly<Record<string, unknown>>;

export interface CompositeKernel {
  readonly name: string;
  readonly body: (inputs: Inputs, attributes: Attributes) => tf.Tensor | tf.Tensor[];
}

/** Registers the given kernels for a backend, except those that it already has. */
export function registerComposites(backendName: string, kernels: readonly CompositeKernel[]): void {
  for (const { name, body } of kernels) {
    if (tf.getKernel(name, backendName)) continue;
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) => tf.tidy(() => body(inputs as tf.NamedTensorMap, attrs ?? {})),
    });
  }
}

/** Runs a kernel with one result. */
export function runOne<T extends tf.Tensor>(name: string, inputs: Inputs, attributes: Attributes = {}): T {
  return tf.engine().runKernel(name, { ...inputs }, attributes as tf.NamedAttrMap) as T;
}

/** Runs a kernel with several results. A kernel with any number of inputs takes them as an array. */
export function runMany(
  name: string,
  inputs: Inputs | readonly tf.Tensor[],
  attributes: Attributes = {},
): tf.Tensor[] {
  const named = { ...inputs } as tf.NamedTensorMap;
  return tf.engine().runKernel(name, named, attributes as tf.NamedAttrMap) as tf.Tensor[];
}

/** Registers the gradient of a kernel with the single input x: the kernel `<name>Grad`, applied to dy and x. */
export function registerGradientFromInput(name: string): void {
  tf.registerGradient({
    kernelName: name,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({
      x: () => runOne(`${name}Grad`, { dy: dy as tf.Tensor, x: saved[0]! }),
    }),
  });
}
