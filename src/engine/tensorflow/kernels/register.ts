/** Our own kernels for libtensorflow, replacing tfjs-node kernels that do not do what the model needs. */
import * as tf from '../../tf.js';
import { batchNormKernels } from './batchNorm.js';
import { convolutionKernels } from './convolutions.js';
import { convolveKernels } from './convolve.js';
import { halfSumOfSquaresKernels } from './halfSumOfSquares.js';
import { siluKernels } from './silu.js';
import { softClampKernels } from './softClamp.js';
import { squeezeExciteKernels } from './squeezeExcite.js';
import { unchangedKernels } from './unchanged.js';

let registered = false;

/** Registers the kernels with tfjs; further calls do nothing. tfjs-node must have been imported. */
export function registerTensorflowKernels(): void {
  if (registered) return;
  registered = true;
  for (const kernel of [
    ...convolutionKernels,
    ...convolveKernels,
    ...batchNormKernels,
    ...siluKernels,
    ...halfSumOfSquaresKernels,
    ...softClampKernels,
    ...squeezeExciteKernels,
    ...unchangedKernels(),
  ]) {
    // Registering over an existing kernel would print a warning.
    if (tf.getKernel(kernel.kernelName, 'tensorflow')) tf.unregisterKernel(kernel.kernelName, 'tensorflow');
    tf.registerKernel(kernel);
  }
}
