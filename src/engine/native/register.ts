/** Registers the native backend: its own kernels, and the plain JavaScript kernels for everything else. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '../tf.js';
import { NativeBackend } from './backend.js';
import type { NativeKernel } from './kernel.js';
import { nativeKernels } from './kernels/index.js';
import { loadAddon } from './loadAddon.js';

/** Name of the backend in tfjs. (An underscore would hide its kernels from `getKernelsForBackend`.) */
export const nativeBackendName = 'native';

/**
 * Registers the backend `native` with tfjs; further calls do nothing.
 * @throws NativeUnavailableError when the addon is missing.
 */
export function registerNativeBackend(): void {
  if (tf.findBackendFactory(nativeBackendName)) return;
  const addon = loadAddon();
  tf.registerBackend(nativeBackendName, () => new NativeBackend(addon));
  const native = nativeKernels(addon);
  const names = new Set(native.map(({ name }) => name));
  const plain = new Map(
    tf.getKernelsForBackend('cpu').map((config) => [config.kernelName, config.kernelFunc]),
  );
  for (const [kernelName, kernelFunc] of plain) {
    if (!names.has(kernelName)) registerPlain(kernelName, kernelFunc);
  }
  for (const kernel of native) register(kernel, plain.get(kernel.name));
}

/** Plain kernels that only make another reference to their input's memory. */
const references = new Set<string>([tf.Identity, tf.Reshape, tf.ExpandDims]);

function registerPlain(kernelName: string, plain: tf.KernelFunc): void {
  const kernelFunc: tf.KernelFunc = (parameters) => runPlain(kernelName, plain, parameters);
  const kernel = { kernelName, backendName: nativeBackendName };
  tf.registerKernel({ ...kernel, kernelFunc: references.has(kernelName) ? plain : kernelFunc });
}

function runPlain(name: string, plain: tf.KernelFunc, parameters: Parameters<tf.KernelFunc>[0]) {
  const backend = parameters.backend as NativeBackend;
  backend.computesInJavaScript(name);
  for (const input of Object.values(parameters.inputs)) if (input) backend.widen(input);
  return plain(parameters);
}

function register({ name, body }: NativeKernel, plain: tf.KernelFunc | undefined): void {
  tf.registerKernel({
    kernelName: name,
    backendName: nativeBackendName,
    kernelFunc: (parameters) => {
      const { inputs, attrs } = parameters;
      const backend = parameters.backend as NativeBackend;
      try {
        const result = body(inputs as Record<string, tf.TensorInfo>, attrs ?? {}, backend);
        if (result) return result;
      } finally {
        backend.endKernel();
      }
      if (plain) return runPlain(name, plain, parameters);
      throw new Error(`${name}: the native engine has no kernel for these types`);
    },
  });
}
