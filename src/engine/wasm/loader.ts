/** The WebAssembly engine: tfjs' own, with the gradient kernels that it lacks. */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { type EngineLoader, messageOf } from '../loader.js';
import * as tf from '../tf.js';
import { conv2dFilterGradient, depthwiseFilterGradient, depthwiseInputGradient } from './gradients.js';

type Inputs = Readonly<Record<string, tf.Tensor4D>>;
type Attributes = Readonly<Record<string, unknown>>;

const missing: Readonly<Record<string, (inputs: Inputs, attributes: Attributes) => tf.Tensor>> = {
  Conv2DBackpropFilter: ({ x, dy }, attributes) => conv2dFilterGradient(x!, dy!, attributes),
  DepthwiseConv2dNativeBackpropFilter: ({ x, dy }, attributes) =>
    depthwiseFilterGradient(x!, dy!, attributes),
  DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, attributes) =>
    depthwiseInputGradient(dy!, filter!, attributes),
};

function registerMissingKernels(): void {
  for (const [kernelName, body] of Object.entries(missing)) {
    if (tf.getKernel(kernelName, 'wasm')) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => tf.tidy(() => body(inputs as Inputs, attrs ?? {})),
    });
  }
}

export const wasmLoader: EngineLoader = {
  name: 'wasm',
  backendName: 'wasm',
  howToGet: 'comes with every install',
  probe: async () => {
    try {
      createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
      return { usable: true, description: 'WebAssembly, 1 thread', forAuto: true, threads: 1, simd: 'wasm' };
    } catch (error) {
      return { usable: false, reason: messageOf(error) };
    }
  },
  register: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
    if (!tf.findBackend('wasm')) setWasmPaths(join(dirname(manifest), 'dist') + sep);
    registerMissingKernels();
  },
};
