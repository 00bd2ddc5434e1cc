/** Refuses configurations that describe no possible model, naming the key. */
import type { ModelConfig } from '../config/types.js';

/** @throws RangeError */
export function checkModelConfig(config: ModelConfig): void {
  for (const [key, least] of integerKeys) {
    const value = config[key];
    if (!Number.isInteger(value) || value < least) refuse(key, `an integer >= ${least}`, value);
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
