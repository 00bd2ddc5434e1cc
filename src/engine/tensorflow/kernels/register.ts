/** Kernels of our own for libtensorflow, in place of those of tfjs-node that do not do what the model needs. */
import * as tf from '../../tf.js';
import { convolutionKernels } from './convolutions.js';

let registered = false;

/** Makes the kernels known to tfjs; called again, it does nothing. tfjs-node must have been imported. */
export function registerTensorflowKernels(): void {
  if (registered) return;
  registered = true;
  for (const kernel of [...convolutionKernels]) {
    // Registering over an existing kernel would print a warning.
    if (tf.getKernel(kernel.kernelName, 'tensorflow')) tf.unregisterKernel(kernel.kernelName, 'tensorflow');
    tf.registerKernel(kernel);
  }
}
