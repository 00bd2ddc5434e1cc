/** New runs that start from the weights of a model. */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { firstValueFrom, lastValueFrom, Subject, tap, toArray } from 'rxjs';
import type { TensorData } from '../../src/base/plainData.js';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import type { ModelData } from '../../src/checkpoint/weightsOf.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { readOneFile } from '../../src/modelFiles/readOneFile.js';
import { readJournal } from '../../src/streams/journal/readJournal.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { type StepResult, Trainer } from '../../src/training/trainer.js';
import { smallConfig } from '../support/checkpoints.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const config = (...more: string[]) => smallConfig(['epochs=2', 'write_reconstruction=false', ...more]);
const other = (changes: Partial<NvaeConfig['model']>): NvaeConfig => {
  const before = config();
  return { ...before, model: { ...before.model, ...changes } };
};
const numbers = datasetOf(
  10,
  (index, size) => Uint8Array.from({ length: 3 * size * size }, (_, i) => (index * 53 + i * 7) % 256),
  { name: 'numbers' },
);
const batch = {
  pixels: Uint8Array.from({ length: 4 * 192 }, (_, i) => (i * 37) % 256),
  shape: [4, 8, 8, 3],
} as const;

let options: TrainOptions;
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));
beforeEach(() => {
  options = {
    dataset: numbers,
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: inFolder('runs'),
    previews: { samples: 0 },
  };
});

const all = (given: NvaeConfig, more: TrainOptions): Promise<TrainEvent[]> =>
  lastValueFrom(train(given, { ...options, ...more }).pipe(toArray()));
const warningsOf = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

/** The state of a model after three steps, with moved running averages. */
async function trained(given = config(), seed = 11): Promise<Snapshot> {
  const trainer = await Trainer.create(given, { seed });
  for (let i = 0; i < 3; i += 1) await trainer.step(batch, 0);
  const snapshot = await trainer.snapshot();
  await trainer.dispose();
  return snapshot;
}

const isWeight = ([name]: [string, TensorData]) => !name.startsWith('adamax.');
const weightsIn = (tensors: ModelData['tensors']) => new Map([...tensors].filter(isWeight));

/** The state of the run's trainer when it has started. */
async function stateAtStart(given: NvaeConfig, more: TrainOptions): Promise<Snapshot> {
  let opened: Trainer | undefined;
  const createTrainer: TrainOptions['createTrainer'] = async (...create) => {
    opened = await Trainer.create(...create);
    return opened;
  };
  const stop$ = new Subject<void>();
  let state: Promise<Snapshot> | undefined;
  const run$ = train(given, { ...options, ...more, createTrainer, stop$ });
  await lastValueFrom(
    run$.pipe(
      tap(({ type }) => {
        if (type !== 'started') return;
        state = opened?.snapshot();
        stop$.next();
      }),
    ),
  );
  return state as Promise<Snapshot>;
}

/** Runs until after the step, and stops. */
function upTo(step: number, given: NvaeConfig, more: TrainOptions) {
  const stop$ = new Subject<void>();
  const stopping = tap((event: TrainEvent) => event.type === 'step' && event.step === step && stop$.next());
  return lastValueFrom(train(given, { ...options, ...more, stop$ }).pipe(stopping, toArray()));
}

describe('initFrom', () => {
  test('should start with the weights and averages of the file, a new optimiser, and the seed of the run', async () => {
    const model = await trained();
    await saveModel(inFolder('a.model'), model);
    const tensors = tf.memory().numTensors;
    const state = await stateAtStart(config(), { initFrom: inFolder('a.model'), seed: 5 });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(weightsIn(state.tensors)).toEqual(weightsIn(model.tensors));
    const counters = [...state.tensors].filter(([name]) => name.endsWith('num_batches_tracked'));
    expect(counters.every(([, { data }]) => data[0] === 3)).toBe(true);
    const moments = [...state.tensors].filter((entry) => !isWeight(entry));
    expect(moments.length).toBeGreaterThan(0);
    expect(moments.every(([, { data }]) => data.every((value: number) => value === 0))).toBe(true);
    expect(state.state).toEqual({
      seed: 5,
      position: { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 },
      optimizerUpdates: 0,
    });
  });

  test('should make the first step that a new trainer with these weights makes', async () => {
    const model = await trained();
    const steps: StepResult[] = [];
    const seen: Parameters<Trainer['step']>[] = [];
    const createTrainer: TrainOptions['createTrainer'] = async (...create) => {
      const trainer = await Trainer.create(...create);
      const step = trainer.step.bind(trainer);
      trainer.step = async (...given) => {
        seen.push(given);
        const result = await step(...given);
        steps.push(result);
        return result;
      };
      return trainer;
    };
    await upTo(1, config(), { initFrom: model, seed: 5, createTrainer });
    const trainer = await Trainer.create(config(), { seed: 5 });
    trainer.model.store.load(model.tensors);
    const { seconds, ...expected } = await trainer.step(...seen[0]!);
    expect(steps[0]).toMatchObject(expected);
    const after = await trainer.snapshot();
    await trainer.dispose();
    const { tensors, state } = await loadCheckpoint(inFolder('weights', 'small.checkpoint'));
    expect([...tensors].sort()).toEqual([...after.tensors].sort());
    expect(state).toEqual(after.state);
  });

  test('should say in the event and in the journal where the weights come from, and nothing once it resumes', async () => {
    const initFrom = inFolder('a.model');
    await saveModel(initFrom, await trained());
    const [started] = await upTo(2, config(), { initFrom });
    expect(started).toMatchObject({ type: 'started', initFrom, resumed: null });
    const first = await firstValueFrom(readJournal(inFolder('runs', 'small', 'events.jsonl')));
    expect(first).toMatchObject({ type: 'started', initFrom });
    const [resumed] = await all(config(), {});
    expect(resumed).toMatchObject({ type: 'started', initFrom: null, resumed: { step: 2 } });
  });

  test('should resume afterwards as if it had never stopped, bit for bit', async () => {
    const initFrom = await trained();
    const result = async () => {
      const { tensors, state } = await loadCheckpoint(inFolder('weights', 'small.checkpoint'));
      return { tensors: new Map(tensors), state };
    };
    await all(config(), { initFrom });
    const whole = await result();
    await rm(inFolder('weights'), { recursive: true });
    await upTo(2, config(), { initFrom });
    await all(config(), {});
    expect(await result()).toEqual(whole);
  });

  test('should take a checkpoint too, without its optimiser and its position', async () => {
    await all(config(), {});
    const initFrom = inFolder('weights', 'small.checkpoint');
    const { tensors } = await loadCheckpoint(initFrom);
    const state = await stateAtStart(config(), { initFrom, name: 'second' });
    expect(weightsIn(state.tensors)).toEqual(weightsIn(tensors));
    expect(state.state).toMatchObject({ optimizerUpdates: 0, position: { step: 0 } });
  });

  test('should be refused by a run that has a checkpoint, which stays as it is', async () => {
    await upTo(2, config(), {});
    const path = inFolder('weights', 'small.checkpoint');
    const before = await readModelFile(path);
    const again = all(config(), { initFrom: await trained() });
    await expect(again).rejects.toBeInstanceOf(CheckpointError);
    await expect(again).rejects.toThrow(
      `small: run small already has a checkpoint, ${path}; to start a new run from these weights, use another run name (--name); to resume, leave out --init-from`,
    );
    expect(await readModelFile(path)).toEqual(before);
  });

  test('should take the weights again in a run that ended before its first checkpoint', async () => {
    const initFrom = await trained();
    await firstValueFrom(train(config(), { ...options, initFrom }));
    const state = await stateAtStart(config(), { initFrom });
    expect(weightsIn(state.tensors)).toEqual(weightsIn(initFrom.tensors));
  });

  test('should refuse another architecture and name its keys, before anything is trained', async () => {
    const initFrom = inFolder('wide.model');
    await saveModel(initFrom, await trained(other({ channelTowers: 6, latentSize: 3 })));
    const tensors = tf.memory().numTensors;
    await expect(all(config(), { initFrom })).rejects.toThrow(
      `${initFrom}: has another architecture than the run: channel_towers 4 (there 6), latent_size 2 (there 3); use the architecture of the file, or take only the tensors that fit (--init-partial)`,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('should name the tensors that do not fit, and count those that are too many to name', async () => {
    const model = await trained();
    const changed = new Map(model.tensors);
    const name = 'encoder_tower.0.weight_v';
    const parameters = [...weightsIn(model.tensors).keys()];
    const [one = '', two = ''] = parameters;
    changed.delete(one);
    changed.set(two, { dtype: 'float32', shape: [1, 2], data: new Float32Array(2) });
    changed.set(`${name}.extra`, { dtype: 'float32', shape: [], data: new Float32Array(1) });
    const some = all(config(), { initFrom: { ...model, tensors: changed } });
    await expect(some).rejects.toThrow(
      new RegExp(
        `^small: does not fit the model: "${one}" is missing, "${two}" is float32 \\[1, 2\\] \\(expected float32 \\[.*\\]\\), "${name}.extra" is not in the model; use another file`,
      ),
    );
    for (const gone of parameters) changed.delete(gone);
    const none = all(config(), { initFrom: { ...model, tensors: changed } });
    await expect(none).rejects.toThrow(`, and ${parameters.length + 1 - 5} more; use another file`);
  });

  test('should refuse weights that are not finite', async () => {
    const model = await trained();
    const [name = '', tensor] = [...weightsIn(model.tensors)][0] ?? [];
    const data = Float32Array.from(tensor?.data ?? []).fill(Number.NaN, 0, 1);
    const tensors = new Map([
      ...model.tensors,
      [name, { dtype: 'float32', shape: tensor?.shape ?? [], data }],
    ]);
    const run = all(config(), { initFrom: { ...model, tensors } as ModelData });
    await expect(run).rejects.toThrow(`small: contains a non-finite value: NaN in "${name}"`);
  });

  test('should refuse a file that is missing, or not a model', async () => {
    const initFrom = inFolder('nowhere.model');
    await expect(all(config(), { initFrom })).rejects.toBeInstanceOf(CheckpointError);
    await expect(all(config(), { initFrom })).rejects.toThrow(initFrom);
  });
});

describe('initFrom with a PyTorch file', () => {
  const file = fileURLToPath(new URL('../fixtures/pytorch/base.checkpoint', import.meta.url));
  const yaml = file.replace('.checkpoint', '.yaml');
  const own = async (...overrides: string[]) => ({
    ...(await loadConfig(yaml, { overrides })),
    name: 'small',
  });
  const inTorch = async (given: NvaeConfig) => {
    const misfits: string[] = [];
    const { tensors } = await readOneFile(file, {
      config: given,
      weightsOnly: true,
      onMisfit: (name) => misfits.push(name),
    });
    return { tensors, misfits };
  };

  test('should take its weights and averages, by the configuration of the run', async () => {
    const given = await own();
    const state = await stateAtStart(given, { initFrom: file, seed: 5 });
    const { tensors } = await loadCheckpoint(file, { config: given });
    expect(weightsIn(state.tensors)).toEqual(weightsIn(tensors));
    expect(state.state).toMatchObject({ seed: 5, position: { epoch: 0, step: 0 }, optimizerUpdates: 0 });
  });

  test('should name what does not fit, and how to take the rest', async () => {
    const run = all(await own('latent_size=2'), { initFrom: file });
    await expect(run).rejects.toBeInstanceOf(CheckpointError);
    await expect(run).rejects.toThrow(
      new RegExp(
        `^${file}: does not fit the model: "mixer.encoder_sampler.0.bias" does not fit \\(expected floating-point numbers \\[4\\], got .*; use another file, or take only the tensors that fit \\(--init-partial\\)$`,
      ),
    );
  });

  test('should take what fits with initPartial', async () => {
    const given = await own('latent_size=2');
    const fresh = await stateAtStart(given, { seed: 5 });
    const { tensors, misfits } = await inTorch(given);
    expect(misfits.length).toBeGreaterThan(0);
    const options = { initFrom: file, initPartial: true, seed: 5 };
    const state = await stateAtStart(given, options);
    const expected = new Map([...weightsIn(fresh.tensors), ...tensors]);
    expect(weightsIn(state.tensors)).toEqual(expected);
    const warnings = warningsOf(await upTo(1, given, options)).filter((text) => text.includes('took'));
    expect(warnings).toEqual([
      expect.stringContaining(
        `took ${tensors.size} of ${expected.size} tensors; initialised at random instead: "${misfits[0]}" does not fit`,
      ),
    ]);
  });

  test('should refuse a file that holds no model', async () => {
    const kinds = file.replace('base.checkpoint', 'kinds.pt');
    await expect(all(await own(), { initFrom: kinds })).rejects.toBeInstanceOf(CheckpointError);
    await expect(all(await own(), { initFrom: kinds })).rejects.toThrow(kinds);
  });
});

describe('initPartial', () => {
  test('should take what fits, draw the rest by the seed of the run, and name it in one warning', async () => {
    const wide = { ...(await trained(other({ latentSize: 3 }))), config: other({ latentSize: 3 }) };
    const fresh = await stateAtStart(config(), { seed: 5 });
    const options = { initFrom: wide, initPartial: true, seed: 5, name: 'partial' };
    const state = await stateAtStart(config(), options);
    const [taken, drawn]: [string[], string[]] = [[], []];
    for (const [name, { shape, data }] of weightsIn(state.tensors)) {
      const there = wide.tensors.get(name);
      const fits = there?.shape.join() === shape.join();
      expect(data).toEqual(fits ? there?.data : fresh.tensors.get(name)?.data);
      (fits ? taken : drawn).push(name);
    }
    expect(taken.length).toBeGreaterThan(drawn.length);
    expect(drawn.length).toBeGreaterThan(0);
    const [message = '', ...others] = warningsOf(await upTo(1, config(), options)).filter((text) =>
      text.startsWith('small: took'),
    );
    expect(others).toEqual([]);
    expect(message).toContain(
      `took ${taken.length} of ${taken.length + drawn.length} tensors; the architecture differs: latent_size 2 (there 3); initialised at random instead: "${drawn[0]}" is float32 `,
    );
  });

  test('should take the averages of a batch normalisation together with their counter, or none of them', async () => {
    const model = await trained();
    const counter = [...model.tensors.keys()].find((name) => name.endsWith('num_batches_tracked')) ?? '';
    const batchNorm = counter.replace('.num_batches_tracked', '');
    const tensors = new Map(model.tensors);
    tensors.delete(`${batchNorm}.running_var`);
    const state = await stateAtStart(config(), { initFrom: { ...model, tensors }, initPartial: true });
    expect(state.tensors.get(counter)?.data).toEqual(Int32Array.of(0));
    expect(new Set(state.tensors.get(`${batchNorm}.running_mean`)?.data)).toEqual(new Set([0]));
  });

  test('should say nothing where everything fits', async () => {
    const events = await upTo(1, config(), { initFrom: await trained(), initPartial: true });
    expect(warningsOf(events).filter((text) => text.includes('took'))).toEqual([]);
  });

  test('should fail where nothing fits', async () => {
    const model = await trained();
    const run = all(config(), { initFrom: { ...model, tensors: new Map() }, initPartial: true });
    await expect(run).rejects.toThrow('small: none of its tensors fits the model of run small');
  });
});
