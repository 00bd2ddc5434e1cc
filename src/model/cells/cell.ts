/** What encoder and decoder cells have in common. */
import { squeezeExcite } from '../../engine/ops.js';
import { recomputed } from '../../engine/recomputed.js';
import type * as tf from '../../engine/tf.js';
import type { BatchNormPlan } from '../layers/batchNorm.js';
import type { SpectralLayer } from '../layers/convolution.js';
import type { SqueezeExcitationPlan } from '../layers/squeezeExcitation.js';
import { exciteWeights } from '../layers/squeezeExcitation.js';
import type { ParameterSpec } from '../parameterSpec.js';
import type { Pass } from '../pass.js';
import { BatchStatistics } from '../pass.js';

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
  const f = (input: tf.Tensor4D, again: boolean) =>
    again ? runAgain(run, pass, cell, input) : run(pass, cell, input);
  return recomputed(f, x, variables);
}

/** The batch's statistics have been recorded the first time. */
function runAgain<C extends CellLayers>(
  run: (pass: Pass, cell: C, x: tf.Tensor4D) => tf.Tensor4D,
  pass: Pass,
  cell: C,
  x: tf.Tensor4D,
): tf.Tensor4D {
  const statistics = new BatchStatistics();
  try {
    return run({ ...pass, statistics }, cell, x);
  } finally {
    statistics.dispose();
  }
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
