/**
 * Runs as a separate process for webgpuMemory.test.ts: prints what the webgpu engine holds at certain moments, as one line of JSON. Dawn's
 * null device keeps buffers and computes nothing; its results read as ones here, so that steps are applied.
 */
import { lastValueFrom, take, toArray } from 'rxjs';
import { loadConfig } from '../../src/config/loadConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { chooseEngine } from '../../src/engine/chooseEngine.js';
import { releaseIdleMemory } from '../../src/engine/idleMemory.js';
import * as tf from '../../src/engine/tf.js';
import type { Adapter, Dawn } from '../../src/engine/webgpu/dawn.js';
import { releaseGpu, webgpuLoader } from '../../src/engine/webgpu/loader.js';
import { noiseImages } from '../../src/streams/plan/noiseImages.js';
import { train } from '../../src/streams/run/train.js';
import { samples } from '../../src/streams/sampling/samples.js';
import { Trainer } from '../../src/training/trainer.js';
import { failureOf } from './failureOf.js';
import { smallConfig } from './smallConfig.js';

interface Backend {
  readonly tensorMap: { get(dataId: tf.DataId): { readonly values?: unknown; readonly resource?: object } };
  read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues>;
  memory(): { readonly numBytesInGPU: number; readonly numBytesAllocatedInGPU: number };
}

/** WebGPU's default, which every device allows. */
const largestTensor = 2 ** 27;
const [device = 'null', steps = '0', folder = ''] = process.argv.slice(2);

/** The null device takes 512 MiB in all; here no more than the default in one tensor. */
async function nullDawn(): Promise<Dawn> {
  const dawn = (await import('webgpu')) as unknown as Dawn;
  const create: Dawn['create'] = () => {
    const gpu = dawn.create(['backend=null']);
    return {
      async requestAdapter() {
        const adapter = (await gpu.requestAdapter()) as Adapter;
        const limits = new Proxy(adapter.limits, {
          get: (all, name: string) => (name === 'maxStorageBufferBindingSize' ? largestTensor : all[name]),
        });
        return {
          info: adapter.info,
          features: adapter.features,
          limits,
          requestDevice: (wanted) => adapter.requestDevice(wanted),
        };
      },
    };
  };
  return { ...dawn, create };
}

const load = (name: string): Promise<unknown> =>
  device === 'null' && name === 'webgpu' ? nullDawn() : import(name);
await chooseEngine('webgpu', [webgpuLoader(load)]);
const backend = tf.backend() as unknown as Backend;
if (device === 'null') {
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => ((await read(dataId)) as Float32Array).fill(1);
}

function held() {
  const { numBytesInGPU: used, numBytesAllocatedInGPU: all } = backend.memory();
  return { tensors: tf.memory().numTensors, used, all, resident: process.memoryUsage.rss() };
}

async function step(trainer: Trainer, count: number): Promise<void> {
  await trainer.step(noiseImages(trainer.config.model, count), 0);
}

/** Validation, the last batch of an epoch, previews and a checkpoint between steps. */
async function besideSteps(trainer: Trainer, batch: number): Promise<void> {
  const { model } = trainer.config;
  await step(trainer, Math.ceil(0.4 * batch));
  for (const count of [batch, Math.ceil(0.6 * batch)]) {
    const names = Array.from({ length: count }, (_, i) => `${i}`);
    await trainer.evaluate({ ...noiseImages(model, count), names });
  }
  await trainer.sampleImages(9, 0.7, { iterations: 2 });
  await trainer.reconstruct(noiseImages(model, 8));
  await trainer.snapshot();
}

/** What training holds after some steps, after epochs, and after its end. */
async function epochs(config: NvaeConfig) {
  const batch = config.training.batchSize;
  const start = held();
  const trainer = await Trainer.create(config);
  for (let i = 0; i < 3; i += 1) await step(trainer, batch);
  const plain = held();
  for (let epoch = 0; epoch < 3; epoch += 1) {
    await besideSteps(trainer, batch);
    await step(trainer, batch);
  }
  const weights = [...trainer.model.store.parameters.values()].map(({ dataId }) =>
    backend.tensorMap.get(dataId),
  );
  const copies = weights.filter(({ values, resource }) => values || !resource).length;
  const later = held();
  await trainer.dispose();
  return { start, plain, later, copies, end: held() };
}

/** Samples of the tensors and bytes of a long training; the first one after a few steps. */
async function longTraining(count: number) {
  const trainer = await Trainer.create(
    smallConfig({ numFlows: 0, numberOfScales: 1, samplingMethod: 'gaussian' }),
  );
  const series = [];
  for (let i = 1; i <= count; i += 1) {
    await step(trainer, 2);
    if (i !== 50 && i % 100 !== 0) continue;
    globalThis.gc?.();
    series.push(held());
  }
  await trainer.dispose();
  return { series, end: held() };
}

/** Memory of the process, before, with and after tensors of 400 MB; a software device takes it from the process. */
async function largeTensors() {
  const start = held().resident;
  const tensors = Array.from({ length: 10 }, () => tf.fill([1000, 10000], 1));
  const corner = tf.slice(tensors[9]!, [0, 0], [1, 1]);
  await corner.data();
  const full = held().resident;
  tf.dispose([corner, ...tensors]);
  releaseIdleMemory();
  const isSmaller = () => held().resident < full - 200e6;
  for (let i = 0; i < 100 && !isSmaller(); i += 1) await new Promise((done) => setTimeout(done, 100));
  return { start, full, end: held().resident };
}

/** What is idle after streams over a model that stays, and after a run that is left. */
async function afterStreams() {
  const trainer = await Trainer.create(smallConfig());
  const idle = () => held().all - held().used;
  await step(trainer, 2);
  const training = idle();
  const images = samples(trainer.model, { count: 4, batchSize: 2 });
  await lastValueFrom(images.pipe(toArray()));
  const sampled = idle();
  await lastValueFrom(images.pipe(take(1)));
  const left = idle();
  await trainer.dispose();
  return { training, sampled, left };
}

async function afterLeftRun() {
  const config = smallConfig({}, { epochs: 5, writeReconstruction: false });
  const run$ = train(config, {
    dataset: `${folder}/dataset`,
    weightsFolder: `${folder}/weights`,
    picturesFolder: `${folder}/images`,
    runsFolder: null,
  });
  await lastValueFrom(run$.pipe(take(3)), { defaultValue: null });
  for (let i = 0; i < 100 && held().all > 0; i += 1) await new Promise((done) => setTimeout(done, 100));
  return held();
}

async function refusals() {
  const demo = (batch: number, ...more: string[]) =>
    loadConfig('demo', {
      overrides: [
        `training_parameters.batch_size=${batch}`,
        ...more.map((one) => `training_parameters.${one}`),
      ],
    });
  const before = held().all;
  const create = async (config: NvaeConfig) => Trainer.create(config);
  return {
    batch: await failureOf(async () => create(await demo(512))),
    half: await failureOf(async () => create(await demo(8, 'half_precision=true'))),
    created: held().all - before,
  };
}

const results =
  device === 'null'
    ? {
        demo: await epochs(await loadConfig('demo', { overrides: ['training_parameters.batch_size=16'] })),
        streams: await afterStreams(),
        left: await afterLeftRun(),
        refusals: await refusals(),
      }
    : { large: await largeTensors(), long: await longTraining(Number(steps)) };
process.stdout.write(`${JSON.stringify(results)}\n`);
releaseGpu();
