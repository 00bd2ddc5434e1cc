/** Our own kernels for WebGPU: one for each fused operation that would be many dispatches otherwise, or that tfjs computes slowly. */
import * as tf from '../../tf.js';
import { addInPlaceKernels } from './addInPlace.js';
import { batchNormKernels } from './batchNorm.js';
import { convolutionKernels } from './convolutions.js';
import { depthwiseKernels } from './depthwise.js';
import { expansionKernels } from './expansion.js';
import { globalNormKernels } from './globalNorm.js';
import { inPlaceKernels } from './inPlace.js';
import { joinAndSplitKernels } from './joinAndSplit.js';
import { configOf, type WebgpuKernel } from './kernel.js';
import { largestMagnitudesKernels } from './largestMagnitudes.js';
import { mixtureKernels } from './mixture.js';
import { siluKernels } from './silu.js';
import { softClampKernels } from './softClamp.js';
import { spectralNormsKernels } from './spectralNorms.js';
import { spectralPenaltiesKernels } from './spectralPenalties.js';
import { squeezeExciteKernels } from './squeezeExcite.js';
import { sumOfPixelsKernels } from './sumOfPixels.js';
import { upsampleKernels } from './upsample.js';
import { weightNormKernels } from './weightNorm.js';

export const webgpuKernels: readonly WebgpuKernel[] = [
  ...siluKernels,
  ...softClampKernels,
  ...convolutionKernels,
  ...depthwiseKernels,
  ...expansionKernels,
  ...batchNormKernels,
  ...squeezeExciteKernels,
  ...upsampleKernels,
  ...weightNormKernels,
  ...spectralPenaltiesKernels,
  ...spectralNormsKernels,
  ...largestMagnitudesKernels,
  ...globalNormKernels,
  ...sumOfPixelsKernels,
  ...inPlaceKernels,
  ...addInPlaceKernels,
  ...joinAndSplitKernels,
  ...mixtureKernels,
];

/** Registers the kernels with tfjs, in place of those that it has. The backend's package must have been imported. */
export function registerWebgpuKernels(): void {
  for (const kernel of webgpuKernels) {
    const replaced = tf.getKernel(kernel.name, 'webgpu');
    // Registering over an existing kernel would print a warning.
    if (replaced) tf.unregisterKernel(kernel.name, 'webgpu');
    tf.registerKernel(configOf(kernel, replaced?.kernelFunc));
  }
}
