/**
 * Runs as a separate process for webgpuReads.test.ts, with --expose-gc: many steps with a read each, reads that something happens to
 * meanwhile, and what a library user sees of a device that fails. Prints one line of JSON.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, Subject, takeUntil, tap } from 'rxjs';
import { drawDiscs } from '../../scripts/torture/drawDiscs.js';
import { chooseEngine } from '../../src/engine/chooseEngine.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu, webgpuLoader } from '../../src/engine/webgpu/loader.js';
import { train } from '../../src/streams/run/train.js';
import { Trainer } from '../../src/training/trainer.js';
import { failureOf } from './failureOf.js';
import { settled } from './settled.js';
import { smallBatch, smallConfig } from './smallConfig.js';

interface Backend {
  readonly device: { destroy(): void };
  readonly bufferManager: { readonly numBytesUsed: number; readonly numBytesAllocated: number };
}

const backend = () => tf.backend() as unknown as Backend;

/** Tensors, and bytes of buffers in use and in all. */
function held(): number[] {
  const { bufferManager } = backend();
  return [tf.memory().numTensors, bufferManager.numBytesUsed, bufferManager.numBytesAllocated];
}

/** Steps of a small network, each of which reads its loss; what is held after 100 steps and after all. */
async function manySteps(steps: number) {
  const filter = tf.variable(
    tf.tensor4d(
      Float32Array.from({ length: 108 }, (_, i) => Math.sin(i)),
      [3, 3, 3, 4],
    ),
  );
  const x = tf.tensor4d(
    Float32Array.from({ length: 192 }, (_, i) => Math.cos(i)),
    [1, 8, 8, 3],
  );
  const losses: number[] = [];
  let early: number[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const loss = tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((f: tf.Tensor) =>
        tf.mean(tf.square(tf.conv2d(x, f as tf.Tensor4D, 1, 1))),
      )(filter);
      filter.assign(tf.sub(filter, tf.mul(grad, 0.01)) as tf.Tensor4D);
      return value;
    });
    losses.push((await loss.data())[0]!);
    loss.dispose();
    if (step % 100 === 0) globalThis.gc?.();
    if (step === 100) early = held();
  }
  return {
    early,
    late: held(),
    falls: losses.every((loss, i) => loss > 0 && (i === 0 || loss <= losses[i - 1]!)),
  };
}

/** Reads at the same time, of different sizes, some of the same tensor; the tensors are gone before the values are there. */
async function parallelReads(): Promise<boolean> {
  const tensors = Array.from({ length: 20 }, (_, i) => tf.add(tf.fill([1 + i * 50], i), 1));
  const reads = [...tensors, ...tensors].map((tensor) => tensor.data());
  for (const tensor of tensors) tensor.dispose();
  const others = Array.from({ length: 20 }, (_, i) => tf.add(tf.fill([1 + i * 50], -1), -1)); // take over their memory
  const values = await Promise.all(reads);
  for (const tensor of others) tensor.dispose();
  return values.every(
    (data, i) => data.length === 1 + (i % 20) * 50 && data.every((value) => value === 1 + (i % 20)),
  );
}

async function inRun(work: (folder: string) => Promise<unknown>): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-webgpu-'));
  try {
    await drawDiscs(join(folder, 'discs'), 4, 8);
    await work(folder);
    return (await readdir(join(folder, 'weights'))).filter((name) => name !== 'small.lock');
  } finally {
    await rm(folder, { recursive: true });
  }
}

const run = (folder: string) =>
  train(smallConfig({}, { epochs: -1 }), {
    dataset: join(folder, 'discs'),
    weightsFolder: join(folder, 'weights'),
    picturesFolder: join(folder, 'images'),
    runsFolder: null,
    cache: { folder: join(folder, 'cache') },
  });

/** Ends the subscription while a step waits for its result. */
async function unsubscribed() {
  const before = tf.memory().numTensors;
  const files = await inRun(async (folder) => {
    const enough = new Subject<void>();
    const events$ = run(folder).pipe(
      tap(({ type }) => {
        if (type === 'step') setTimeout(() => enough.next(), 20);
      }),
      takeUntil(enough),
    );
    await lastValueFrom(events$);
    await settled(() => tf.memory().numTensors === before); // the running step finishes first
  });
  const trainer = await Trainer.create(smallConfig());
  const step = failureOf(() => trainer.step(smallBatch(1), 0));
  await trainer.dispose();
  await step;
  return { files, tensors: tf.memory().numTensors - before };
}

/** A device that is lost while a run of the library trains on it. */
async function lostInRun() {
  let message = '';
  const files = await inRun(async (folder) => {
    const events$ = run(folder).pipe(
      tap(({ type }) => {
        if (type === 'step') setTimeout(() => backend().device.destroy(), 20);
      }),
    );
    message = await failureOf(() => lastValueFrom(events$));
  });
  return { message, files };
}

/** An adapter that is found, and gone when it is needed. */
function vanished(): Promise<string> {
  let asked = 0;
  const info = { vendor: 'a vendor' };
  const gpu = { requestAdapter: async () => (asked++ === 0 ? { info } : null) };
  const loader = webgpuLoader(async () => ({ create: () => gpu, globals: {} }));
  return failureOf(() => chooseEngine('webgpu', [loader]));
}

async function inGroup(): Promise<string> {
  const group = { rank: 0, size: 2 } as never;
  return failureOf(() => Trainer.create(smallConfig(), { group }));
}

async function afterRelease(): Promise<string> {
  const tensor = tf.add(tf.fill([4], 1), 1);
  const pending = failureOf(() => tensor.data());
  releaseGpu();
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return `${await pending} / ${await failureOf(() => tensor.data())}`;
}

const gone = await vanished();
releaseGpu();
await useEngine('webgpu');
const outcome = {
  vanished: gone,
  many: await manySteps(2000),
  parallel: await parallelReads(),
  unsubscribed: await unsubscribed(),
  group: await inGroup(),
  lost: await lostInRun(),
  restarted: await failureOf(async () => {
    await useEngine('webgpu');
    await tf.tidy(() => tf.add(tf.fill([4], 1), 1)).data();
  }),
  released: await afterRelease(),
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);
