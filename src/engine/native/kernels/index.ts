/** All kernels of the native engine. */
import type { Addon } from '../addon.js';
import type { NativeKernel } from '../kernel.js';
import { convolutionKernels } from './convolution.js';
import { matMulKernels } from './matMul.js';

export function nativeKernels(addon: Addon): NativeKernel[] {
  return [...convolutionKernels(addon), ...matMulKernels(addon)];
}
