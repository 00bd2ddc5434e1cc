/** Code shared by encoder and decoder cells. */
import { squeezeExcite } from '../../engine/ops.js';
import { recomputed } from '../../engine/recomputed.js';
import type * as tf from '../../engine/tf.js';
import type { BatchNormPlan } from '../layers/batchNormPlan.js';
import type { SpectralLayer } from '../layers/convolution.js';
import type { SqueezeExcitationPlan } from '../layers/squeezeExcitation.js';
import { exciteWeights } from '../layers/squeezeExcitation.js';
import type { ParameterSpec } from '../parameterSpec.js';
import type { Pass } from '../pass.js';

/** Weight of the residual branch in every cell. */
const branchWeight = 0.1;

/** The parts of a cell that other modules read: parameters to allocate, layers to regularise. */
export interface CellLayers {
  readonly parameters: readonly ParameterSpec[];
  /** In execution order. */
  readonly batchNorms: readonly BatchNormPlan[];
  /** The convolutions with a spectral term, in execution order. */
  readonly spectral: readonly SpectralLayer[];
}

/** Runs a cell, with recomputation if the pass asks for it. */
export function runCell<C extends CellLayers>(
  run: (pass: Pass, cell: C, x: tf.Tensor4D) => tf.Tensor4D,
  pass: Pass,
  cell: C,
  x: tf.Tensor4D,
): tf.Tensor4D {
  if (!pass.recompute) return run(pass, cell, x);
  const variables = cell.parameters.map(({ name }) => pass.store.parameter(name));
  // Batch statistics are recorded only in the first call. Those of a batch on several ranks are added up again, by all of them.
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
