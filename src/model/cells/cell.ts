/** What encoder and decoder cells have in common. */
import { squeezeExcite } from '../../engine/ops.js';
import { recomputed } from '../../engine/recomputed.js';
import type * as tf from '../../engine/tf.js';
import type { BatchNormPlan } from '../layers/batchNormPlan.js';
import type { SpectralLayer } from '../layers/convolution.js';
import type { SqueezeExcitationPlan } from '../layers/squeezeExcitation.js';
import { exciteWeights } from '../layers/squeezeExcitation.js';
import type { ParameterSpec } from '../parameterSpec.js';
import type { Pass } from '../pass.js';

/** The residual branch of every cell counts this much. */
const branchWeight = 0.1;

/** The parts of a cell that others ask for: parameters to allocate, layers to regularise. */
export interface CellLayers {
  readonly parameters: readonly ParameterSpec[];
  /** In the order in which they run. */
  readonly batchNorms: readonly BatchNormPlan[];
  /** The convolutions with a spectral term, in the order in which they run. */
  readonly spectral: readonly SpectralLayer[];
}

/** Run a cell in the way that the pass wants. */
export function runCell<C extends CellLayers>(
  run: (pass: Pass, cell: C, x: tf.Tensor4D) => tf.Tensor4D,
  pass: Pass,
  cell: C,
  x: tf.Tensor4D,
): tf.Tensor4D {
  if (!pass.recompute) return run(pass, cell, x);
  const variables = cell.parameters.map(({ name }) => pass.store.parameter(name));
  // The batch's statistics are recorded the first time.
  const f = (input: tf.Tensor4D, again: boolean) =>
    run(again ? { ...pass, statistics: null } : pass, cell, input);
  return recomputed(f, x, variables);
}

/** skip + 0.1 * squeeze-excitation(branch); both `[B, H, W, C]`. */
export function joinBranch(
  pass: Pass,
  plan: SqueezeExcitationPlan,
  skip: tf.Tensor4D,
  branch: tf.Tensor4D,
): tf.Tensor4D {
  return squeezeExcite(skip, branch, exciteWeights(pass, plan), branchWeight);
}
