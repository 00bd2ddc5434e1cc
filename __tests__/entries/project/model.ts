import assert from 'node:assert/strict';
import {
  type ImageBatch,
  imagesFromTensor,
  keyedNoise,
  modelFromBytes,
  modelToBytes,
  parseConfig,
  type StepResult,
  Trainer,
  tf,
  useEngine,
} from 'rx-nvae/model';
import { loaded } from './loaded.js';

const text = `
channel_towers: 2
number_of_scales: 1
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
`;
await useEngine('wasm');
const before = tf.memory().numTensors;
const trainer = await Trainer.create(parseConfig(text, { file: 'tiny.yaml' }), { seed: 3 });
const batch: ImageBatch = { pixels: new Uint8Array(2 * 8 * 8 * 3).fill(90), shape: [2, 8, 8, 3] };
const result: StepResult = await trainer.step(batch, 0);
assert.ok(result.applied);
const model = await modelFromBytes(await modelToBytes(await trainer.snapshot()));
await trainer.dispose();
const sampled = model.sample(2, 0.7, keyedNoise(1, 'test', 0));
const { shape } = await imagesFromTensor(sampled);
assert.deepEqual(shape, [2, 8, 8, 3]);
sampled.dispose();
model.dispose();
assert.equal(tf.memory().numTensors, before);
assert.deepEqual(loaded('rxjs', 'sharp', 'react'), []);
