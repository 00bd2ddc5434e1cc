/** Small checkpoints as literals. */
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';

/** A model on 8x8 images that trains within milliseconds. */
export function smallConfig(training: readonly string[] = [], name = 'small'): NvaeConfig {
  const model = ['channel_towers: 4', 'number_of_scales: 1', 'initial_splits_per_scale: 1', 'latent_size: 2'];
  const cells = ['num_flows: 0', 'cells_per_split_enc: 1', 'num_cells_per_block_prepost: 1'];
  const text = [...model, 'input_dimension: 8', ...cells].join('\n');
  const overrides = ['batch_size=4', ...training].map((entry) => `training_parameters.${entry}`);
  return parseConfig(text, { file: `${name}.yaml`, overrides });
}

export function smallCheckpoint(step: number): Checkpoint {
  return {
    config: smallConfig(),
    tensors: new Map([
      ['conv.weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, step) }],
      ['bn.num_batches_tracked', { dtype: 'int32', shape: [], data: Int32Array.of(step) }],
      ['adamax.momentum.conv.weight', { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) }],
    ]),
    state: {
      seed: 7,
      position: { epoch: 1, batchInEpoch: 2, step, imagesSeen: 4 * step },
      optimizerUpdates: step,
    },
    dataPosition: { epoch: 1, imagesTaken: 8 },
  };
}
