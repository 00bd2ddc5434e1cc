/**
 * Runs as a separate process for webgpuPipelines.test.ts: trains a small model for three epochs on webgpu, each with a smaller last batch, a
 * validation and previews. Prints how many pipelines each epoch compiled.
 */
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu } from '../../src/engine/webgpu/loader.js';
import { Trainer } from '../../src/training/trainer.js';
import { smallBatch, smallConfig } from './smallConfig.js';

interface Compiler {
  createComputePipeline(descriptor: object): object;
}

await useEngine('webgpu');
const { device } = tf.backend() as unknown as { readonly device: Compiler };
const compile = device.createComputePipeline.bind(device);
let pipelines = 0;
device.createComputePipeline = (descriptor) => {
  pipelines += 1;
  return compile(descriptor);
};

const trainer = await Trainer.create(smallConfig({}, { warmupEpochs: 9 }));
const named = { ...smallBatch(7, 3), names: ['a', 'b', 'c'] };
const ofEpochs: number[] = [];
for (let epoch = 0; epoch < 3; epoch += 1) {
  pipelines = 0;
  for (const images of [4, 4, 3]) await trainer.step(smallBatch(epoch, images), epoch);
  await trainer.evaluate(named);
  await trainer.sampleImages(2, 0.7, { iterations: 2 });
  await trainer.reconstruct(smallBatch(epoch, 2));
  await trainer.snapshot();
  ofEpochs.push(pipelines);
}
await trainer.dispose();
process.stdout.write(JSON.stringify(ofEpochs));
releaseGpu();
