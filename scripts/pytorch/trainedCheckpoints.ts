/** Small runs of every kind of model, each after a few steps on random images. */
import type { ImageBatch } from '../../src/base/plainData.js';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { Trainer } from '../../src/training/trainer.js';

const architecture = `
channel_towers: 4
number_of_scales: 2
initial_splits_per_scale: 2
latent_size: 3
input_dimension: 16
num_cells_per_block_prepost: 1
cells_per_split_enc: 1
`;

/** Each is past, within or before a part of the schedule of the learning rate. */
const runs = [
  ['plain', 4, 'num_flows: 0', 'learning_rate: 0.02, warmup_epochs: 1, epochs: 8, weight_decay: 0.001'],
  [
    'flows',
    3,
    'num_flows: 1\nfixed_flows: true\nsampling_method: logistic_mixture',
    'warmup_epochs: 2, epochs: 9',
  ],
  [
    'free_flows',
    2,
    'num_flows: 2\nsampling_method: gaussian_mixture\nn_mix: 2',
    'warmup_epochs: 12, epochs: 40',
  ],
  ['endless', 5, 'num_flows: 0', 'warmup_epochs: 1, epochs: -1'],
  ['with space é日', 0, 'num_flows: 0', 'warmup_epochs: 30, epochs: 3, gradient_clipping: 100'],
] as const;

/** Yields the checkpoint of each run. An engine must be in use. */
export async function* trainedCheckpoints(): AsyncGenerator<Checkpoint> {
  for (const [name, epoch, model, training] of runs) {
    const text = `${architecture}${model}\ntraining_parameters: { batch_size: 2, ${training} }\n`;
    yield await trained(parseConfig(text, { file: `${name}.yaml` }), epoch);
  }
}

async function trained(config: NvaeConfig, epoch: number): Promise<Checkpoint> {
  await using trainer = await Trainer.create(config);
  for (let i = 0; i < 2; i += 1) await trainer.step(imagesOf(i, config), epoch);
  return { ...(await trainer.snapshot()), dataPosition: { epoch, imagesTaken: 0 } };
}

function imagesOf(number: number, { model, training }: NvaeConfig): ImageBatch {
  const { batchSize } = training;
  const size = model.inputDimension;
  const length = batchSize * size * size * 3;
  const pixels = Uint8Array.from({ length }, (_, i) => (i * 37 + number * 101) % 256);
  return { pixels, shape: [batchSize, size, size, 3] };
}
