/** All kernels of the native engine. */
import type { Addon } from '../addon.js';
import type { NativeKernel } from '../kernel.js';
import { batchNormKernels } from './batchNorm.js';
import { convolutionKernels } from './convolution.js';
import { elementwiseKernels } from './elementwise.js';
import { expansionKernels } from './expansion.js';
import { imageKernels } from './image.js';
import { matMulKernels } from './matMul.js';
import { mixtureKernels } from './mixture.js';
import { movementKernels } from './movement.js';
import { reductionKernels } from './reduce.js';
import { roundingKernels } from './rounding.js';
import { spectralNormsKernels } from './spectralNorms.js';
import { squeezeExciteKernels } from './squeezeExcite.js';
import { weightKernels } from './weights.js';
import { wholeSumKernels } from './wholeSum.js';

export function nativeKernels(addon: Addon): NativeKernel[] {
  return [
    convolutionKernels,
    expansionKernels,
    matMulKernels,
    elementwiseKernels,
    reductionKernels,
    movementKernels,
    imageKernels,
    batchNormKernels,
    roundingKernels,
    weightKernels,
    spectralNormsKernels,
    mixtureKernels,
    squeezeExciteKernels,
    wholeSumKernels,
  ].flatMap((kernels) => kernels(addon));
}
