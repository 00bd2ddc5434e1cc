/** Part of `npm run gpu-report`: whether tensors, memory of the device and of the process grow over many steps. Prints one JSON object. */
import { loadConfig } from '../../src/config/loadConfig.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu } from '../../src/engine/webgpu/loader.js';
import { noiseImages } from '../../src/streams/plan/noiseImages.js';
import { Trainer } from '../../src/training/trainer.js';
import type { LeakResult, MemoryUse } from './report.js';

/** Steps after which all memory that a step needs has been allocated. */
const warmUp = 5;

const [engine = 'webgpu', steps = '100', config = 'demo', batch = '1', ...overrides] = process.argv.slice(2);
await useEngine(engine);
const trainer = await Trainer.create(await loadConfig(config, { overrides }));
const images = noiseImages(trainer.config.model, Number(batch));

async function useAfter(count: number): Promise<MemoryUse> {
  for (let i = 0; i < count; i += 1) await trainer.step(images, 0);
  const { numTensors, ...more } = tf.memory() as tf.MemoryInfo & Partial<Record<string, number>>;
  return {
    tensors: numTensors,
    deviceBytes: more.numBytesInGPU ?? null,
    allocatedDeviceBytes: more.numBytesAllocatedInGPU ?? null,
    residentBytes: process.memoryUsage.rss(),
  };
}

const before = await useAfter(warmUp);
const after = await useAfter(Number(steps));
await trainer.dispose();
console.log(JSON.stringify({ steps: Number(steps), before, after } satisfies LeakResult));
releaseGpu();
