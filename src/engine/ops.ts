/**
 * Operations that the model uses in addition to tfjs-core. Each is an ordinary function. The native engine runs it as one
 * fused kernel, other engines as a composition of tfjs operations.
 */
import { batchNormKernels } from './fused/batchNorm.js';
import { registerComposites } from './fused/composite.js';
import { convolveKernels } from './fused/convolve.js';
import { convolveNormalizedKernels } from './fused/convolveNormalized.js';
import { expansionKernels } from './fused/expansion.js';
import { globalNormKernels } from './fused/globalNorm.js';
import { halfSumOfSquaresKernels } from './fused/halfSumOfSquares.js';
import { largestMagnitudesKernels } from './fused/largestMagnitudes.js';
import { siluKernels } from './fused/silu.js';
import { softClampKernels } from './fused/softClamp.js';
import { spectralNormsKernels } from './fused/spectralNorms.js';
import { spectralPenaltiesKernels } from './fused/spectralPenalties.js';
import { squeezeExciteKernels } from './fused/squeezeExcite.js';
import { upsampleKernels } from './fused/upsample.js';
import { weightNormKernels } from './fused/weightNorm.js';
import { wholeSumKernels } from './fused/wholeSum.js';

export { type AdamaxOptions, type AdamaxTensors, adamaxUpdate } from './fused/adamaxUpdate.js';
export {
  type Activation,
  type BatchNormResult,
  batchNormInference,
  batchNormTrain,
} from './fused/batchNorm.js';
export { convolveBiased } from './fused/convolve.js';
export {
  type ConvolveNormalizedOptions,
  convolveNormalized,
} from './fused/convolveNormalized.js';
export { copyInto } from './fused/copyInto.js';
export { type ExpansionLayers, expansion } from './fused/expansion.js';
export { fusedOperation } from './fused/fusedOperation.js';
export { globalNorm } from './fused/globalNorm.js';
export { largestMagnitudes } from './fused/largestMagnitudes.js';
export { type AverageOptions, moveAverages } from './fused/moveAverages.js';
export { silu } from './fused/silu.js';
export { softClamp } from './fused/softClamp.js';
export { type NormedWeight, spectralNorms } from './fused/spectralNorms.js';
export { type SpectralWeight, spectralPenalties } from './fused/spectralPenalties.js';
export { type ExciteWeights, squeezeExcite } from './fused/squeezeExcite.js';
export { upsampleBilinear2x, upsampleNearest2x } from './fused/upsample.js';
export { weightNorm } from './fused/weightNorm.js';
export { wholeSum } from './fused/wholeSum.js';

/** Registers the fused operations for a backend that has no kernels for them. */
export function registerCompositeKernels(backendName: string): void {
  registerComposites(backendName, [
    ...siluKernels,
    ...batchNormKernels,
    ...upsampleKernels,
    ...spectralPenaltiesKernels,
    ...spectralNormsKernels,
    ...largestMagnitudesKernels,
    ...globalNormKernels,
    ...halfSumOfSquaresKernels,
    ...softClampKernels,
    ...squeezeExciteKernels,
    ...convolveKernels,
    ...convolveNormalizedKernels,
    ...expansionKernels,
    ...weightNormKernels,
    ...wholeSumKernels,
  ]);
}
