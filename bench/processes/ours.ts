/** Trains and samples with our engine, for the benchmarks that start it; pytorch/reference.py is the same for PyTorch. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { ImageBatch } from '../../src/base/plainData.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { useEngine } from '../../src/engine/index.js';
import { Trainer } from '../../src/training/trainer.js';
import { serve } from './serve.js';

let trainer: Trainer;
let batch: ImageBatch;
let epoch = 0;

await serve({
  prepare: async (request: {
    config: string;
    overrides: readonly string[];
    images: string;
    batch: number;
    epoch: number;
  }) => {
    await useEngine('native');
    trainer = await Trainer.create(await loadConfig(request.config, { overrides: request.overrides }));
    const size = trainer.config.model.inputDimension;
    batch = { pixels: new Uint8Array(readFileSync(request.images)), shape: [request.batch, size, size, 3] };
    epoch = request.epoch;
  },

  step: ({ count }: { count: number }) =>
    timed(count, async () => {
      const { loss, applied } = await trainer.step(batch, epoch);
      if (!applied) throw new Error(`the step was not applied: the loss is ${loss}`);
      return loss;
    }),

  sample: ({ count, images, temperature }: { count: number; images: number; temperature: number }) =>
    timed(count, async () => {
      const { pixels } = await trainer.sampleImages(images, temperature, { iterations: 0 });
      return pixels.reduce((sum, value) => sum + value, 0) / pixels.length / 255;
    }),

  peak: () => process.resourceUsage().maxRSS * 1024,
});

async function timed(count: number, work: () => Promise<number>) {
  const seconds: number[] = [];
  let value = Number.NaN;
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    value = await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return { seconds, value };
}
