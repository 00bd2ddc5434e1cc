/**
 * A model without RxJS: loads or makes one, samples with tfjs, and writes a PNG with sharp. Run
 * `npx tsx examples/model-only/main.ts [model file] [--count 4] [--temperature 0.7] [--seed 1]`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { imagesFromTensor, keyedNoise, loadModel, Nvae, parseConfig, tf, useEngine } from 'rx-nvae/model';
import sharp from 'sharp';
import { outputFolder } from '../support/outputFolder.js';
import { positiveInteger } from '../support/positiveInteger.js';

const { values, positionals } = parseArgs({
  options: {
    count: { type: 'string', default: '4' },
    temperature: { type: 'string', default: '0.7' },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const count = positiveInteger('count', values.count);
const seed = Number(values.seed);

await useEngine('auto');
using model = positionals[0] === undefined ? untrained() : await loadModel(positionals[0]);

// `tidy` frees every tensor except the returned one. Images lie side by side: [height, count * width, 3].
const strip = tf.tidy(() => {
  const images = model.sample(count, Number(values.temperature), keyedNoise(seed, 'model-only', 0));
  return tf.expandDims(tf.concat(tf.unstack(images), 1)) as tf.Tensor4D;
});
const { pixels, shape } = await imagesFromTensor(strip);
strip.dispose();

const [, height, width, channels] = shape;
const path = join(await outputFolder('model-only'), 'samples.png');
await sharp(pixels, { raw: { width, height, channels } }).png().toFile(path);
console.log(`${count} samples of ${model.parameterCount} parameters: ${path}`);

/** An untrained model; its samples are grey. */
function untrained(): Nvae {
  const text = `
channel_towers: 8
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 4
input_dimension: 32
num_flows: 0
`;
  return Nvae.create(parseConfig(text, { file: 'untrained.yaml' }).model, seed);
}
