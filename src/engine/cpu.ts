/** The plain JavaScript engine: tfjs' own reference kernels. Slow; for tests. */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { EngineLoader } from './loader.js';
import * as tf from './tf.js';

/** tfjs' kernel reads dy with the strides of x, which is wrong for more than one image. This one supports only integer factors. */
function fixNearestGradient(): void {
  const kernel = { kernelName: 'ResizeNearestNeighborGrad', backendName: 'cpu' };
  tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  tf.registerKernel({
    ...kernel,
    kernelFunc: ({ inputs }) => {
      const { images, dy } = inputs as { images: tf.Tensor4D; dy: tf.Tensor4D };
      const factor = dy.shape[1] / images.shape[1];
      if (!Number.isInteger(factor) || dy.shape[2] !== factor * images.shape[2]) {
        throw new Error(
          'ResizeNearestNeighborGrad: the cpu engine expects one whole factor for height and width',
        );
      }
      return tf.tidy(() => tf.mul(tf.avgPool(dy, factor, factor, 'valid'), factor * factor));
    },
  });
}

let registered = false;

export const cpuLoader: EngineLoader = {
  name: 'cpu',
  backendName: 'cpu',
  howToGet: 'comes with every install',
  probe: async () => ({
    usable: true,
    description: 'plain JavaScript, 1 thread',
    forAuto: false,
    reason: 'a hundred times slower than native, for tests only',
    threads: 1,
  }),
  register: async () => {
    if (registered) return;
    registered = true;
    fixNearestGradient();
    const backend = tf.findBackend('cpu');
    // Keeps tfjs from printing an advertisement for another package at the first tensor. Its types hide the field.
    if (backend instanceof MathBackendCPU) Reflect.set(backend, 'firstUse', false);
  },
};
