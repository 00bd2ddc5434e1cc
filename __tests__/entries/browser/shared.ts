/** What the page and the test that compares with it have in common. */
import { checkpointToBytes, keyedNoise, modelFromBytes, parseConfig, Trainer, tf } from 'rx-nvae/model';

export const wasmFolder = '/wasm/';

/** A configuration file: two scales, flows, a mixture of logistics. */
export const config = `
channel_towers: 4
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 16
num_flows: 1
cells_per_split_enc: 1
num_cells_per_block_prepost: 1
sampling_method: logistic_mixture
`;

export interface Computed {
  /** Of the samples. */
  readonly values: readonly number[];
  readonly loss: number;
  /** The bytes of a checkpoint after one training step. */
  readonly checkpoint: readonly number[];
  /** Tensors that were not disposed of. */
  readonly left: number;
}

/** Samples from a model and makes one training step of a new one, on the engine in use. */
export async function sampleAndTrain(modelBytes: ArrayBuffer | Uint8Array): Promise<Computed> {
  const before = tf.memory().numTensors;
  const model = await modelFromBytes(modelBytes, { name: 'squares.model' });
  const images = model.sample(3, 0.7, keyedNoise(5, 'sample', 0));
  const values = [...(await images.data())];
  images.dispose();
  model.dispose();
  const trainer = await Trainer.create(parseConfig(config, { file: 'browser.yaml' }));
  const size = trainer.config.model.inputDimension;
  const pixels = Uint8Array.from({ length: 2 * size * size * 3 }, (_, i) => (i * i) % 251);
  const { loss } = await trainer.step({ pixels, shape: [2, size, size, 3] }, 0);
  const checkpoint = [...(await checkpointToBytes(await trainer.snapshot()))];
  await trainer.dispose();
  return { values, loss, checkpoint, left: tf.memory().numTensors - before };
}
