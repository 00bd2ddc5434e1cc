/** Refuses configurations that describe no possible model, naming the key. */
import type { ModelConfig } from '../config/types.js';

/** Sizes that no model in use comes near; a slip of the keyboard would fill memory with less. */
const largestImage = 4096;
const mostCells = 4000;
const mostParameters = 4e9;

/** @throws RangeError */
export function checkModelConfig(config: ModelConfig): void {
  for (const [key, least] of integerKeys) {
    const value = config[key];
    if (!Number.isInteger(value) || value < least) refuse(key, `an integer >= ${least}`, value);
  }
  if (config.inputDimension > largestImage) {
    refuse('inputDimension', `an integer <= ${largestImage}`, config.inputDimension);
  }
  const { channelTowers, channelMultiplier, exponentialScaling, inputDimension } = config;
  if (!(exponentialScaling > 0)) refuse('exponentialScaling', 'a number > 0', exponentialScaling);
  if (channelMultiplier !== 2)
    refuse('channelMultiplier', '2, the only one the reference supports', channelMultiplier);
  if (channelTowers % 2 !== 0) {
    const reason =
      'an even number (the skip connection to the next scale divides twice as many channels by four)';
    refuse('channelTowers', reason, channelTowers);
  }
  const halvings = config.numberOfScales + config.numBlocksPrepost - 1;
  if (inputDimension % 2 ** halvings !== 0) {
    const reason = `a multiple of ${2 ** halvings}, because numberOfScales ${config.numberOfScales} and`;
    const rest = `numBlocksPrepost ${config.numBlocksPrepost} halve the image ${halvings} times`;
    refuse('inputDimension', `${reason} ${rest}`, inputDimension);
  }
}

/**
 * The number of cells, before any is planned.
 * @throws RangeError
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
 * The number of trained values, before any is allocated.
 * @throws RangeError
 */
export function checkParameterCount(count: number): void {
  if (count <= mostParameters) return;
  const advice = 'lower channel_towers, number_of_scales, latent_size, n_mix or input_dimension';
  throw new RangeError(`number of parameters: expected at most ${mostParameters}, got ${count}; ${advice}`);
}

const integerKeys = [
  ['channelTowers', 1],
  ['numberOfScales', 1],
  ['initialSplitsPerScale', 1],
  ['latentSize', 1],
  ['inputDimension', 1],
  ['numFlows', 0],
  ['numBlocksPrepost', 0],
  ['numCellsPerBlockPrepost', 1],
  ['cellsPerSplitEnc', 0],
  ['cellsPerInputDec', 0],
  ['minSplits', 1],
  ['nMix', 1],
] as const satisfies [keyof ModelConfig, number][];

function refuse(key: keyof ModelConfig, expected: string, got: unknown): never {
  throw new RangeError(`${key}: expected ${expected}, got ${String(got)}`);
}
