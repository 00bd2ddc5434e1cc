/** Our own kernels for WebGPU: one for each fused operation that would be many dispatches otherwise, or that tfjs computes slowly. */
import * as tf from '../../tf.js';
import { batchNormKernels } from './batchNorm.js';
import { siluKernels } from './silu.js';
import { softClampKernels } from './softClamp.js';
import { squeezeExciteKernels } from './squeezeExcite.js';
import { weightNormKernels } from './weightNorm.js';

export const webgpuKernels: readonly tf.KernelConfig[] = [
  ...siluKernels,
  ...softClampKernels,
  ...batchNormKernels,
  ...squeezeExciteKernels,
  ...weightNormKernels,
];

/** Registers the kernels with tfjs, in place of those that it has. The backend's package must have been imported. */
export function registerWebgpuKernels(): void {
  for (const kernel of webgpuKernels) {
    // Registering over an existing kernel would print a warning.
    if (tf.getKernel(kernel.kernelName, 'webgpu')) tf.unregisterKernel(kernel.kernelName, 'webgpu');
    tf.registerKernel(kernel);
  }
}
