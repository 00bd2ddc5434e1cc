/** Rejects models that are far too large to build. */
import type { ModelConfig } from '../config/types.js';

/** Real models stay far below these limits, but a typing error could produce one that fills the memory. */
const mostCells = 4000;
const mostParameters = 4e9;

/**
 * Counts the cells before any cell is planned.
 * @throws RangeError when there are too many
 */
export function checkCells(config: ModelConfig, groupsPerScale: readonly number[]): void {
  const groups = groupsPerScale.reduce((sum, count) => sum + count, 0);
  const perGroup = 1 + config.cellsPerSplitEnc + config.cellsPerInputDec + 2 * config.numFlows;
  const cells = groups * perGroup + 2 * config.numBlocksPrepost * config.numCellsPerBlockPrepost;
  if (cells <= mostCells) return;
  const advice =
    'lower initial_splits_per_scale, min_splits, num_flows or the cells per group, or raise exponential_scaling';
  throw new RangeError(`number of cells: expected at most ${mostCells}, got ${cells}; ${advice}`);
}

/**
 * Checks the number of trained values before any value is allocated.
 * @throws RangeError when there are too many
 */
export function checkParameterCount(count: number): void {
  if (count <= mostParameters) return;
  const advice = 'lower channel_towers, number_of_scales, latent_size, n_mix or input_dimension';
  throw new RangeError(`number of parameters: expected at most ${mostParameters}, got ${count}; ${advice}`);
}
