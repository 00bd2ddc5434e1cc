/** Runs with a moving average of the weights. */
import { rm } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { lastValueFrom, Subject, tap, toArray } from 'rxjs';
import type { NamedTensors } from '../../src/base/plainData.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import * as tf from '../../src/engine/tf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { smallConfig } from '../support/checkpoints.js';
import { useTestEngine } from '../support/engine.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

useTestEngine();
const inFolder = useTemporaryFolder();
const numbers = datasetOf(
  12,
  (index, size) => Uint8Array.from({ length: 3 * size * size }, (_, i) => (index * 53 + i * 7) % 256),
  { name: 'numbers' },
);
const averaged = 'ema_decay=0.5';
const config = (...training: string[]) =>
  smallConfig(['epochs=2', 'epochs_per_checkpoint=1', 'validation.fraction=0.3', ...training]);

let options: TrainOptions;
beforeEach(() => {
  options = {
    dataset: numbers,
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: null,
    previews: { samples: 0 },
  };
});

const run = (given: NvaeConfig, more: TrainOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(train(given, { ...options, ...more }).pipe(toArray()));

/** Runs until after the step, and stops. */
function upTo(step: number, given: NvaeConfig, more: TrainOptions = {}): Promise<TrainEvent[]> {
  const stop$ = new Subject<void>();
  const stopping = tap((event: TrainEvent) => event.type === 'step' && event.step === step && stop$.next());
  return lastValueFrom(train(given, { ...options, ...more, stop$ }).pipe(stopping, toArray()));
}

const weightsWarnings = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' && event.about === 'weights' ? [event.message] : []));
const bits = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'validation' ? [event.bitsPerDimension] : []));
const losses = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
const checkpoint = (folder = 'weights') => loadCheckpoint(`${inFolder(folder)}/small.checkpoint`);
const average = (tensors: NamedTensors) =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith('ema.') ? [[name.slice(4), tensor] as const] : [],
    ),
  );

describe('a run with ema_decay', () => {
  test('should train as without it, measure the average, and write it as the models', async () => {
    const before = tf.memory().numTensors;
    const plain = await run(config(), { weightsFolder: inFolder('plain') });
    const events = await run(config(averaged));
    expect(losses(events)).toEqual(losses(plain));
    expect(bits(events)).toHaveLength(2);
    expect(bits(events)).not.toEqual(bits(plain));
    const { tensors, state } = await checkpoint();
    expect(state.emaUpdates).toBe(state.optimizerUpdates);
    const final = await readModelFile(`${inFolder('weights')}/final_result_small.model`);
    expect(final.metadata.get('weights')).toBe('ema');
    for (const [name, tensor] of average(tensors)) expect(final.tensors.get(name)).toEqual(tensor);
    const best = await readModelFile(`${inFolder('weights')}/small.best.model`);
    expect(best.metadata.get('weights')).toBe('ema');
    const plainFinal = await readModelFile(`${inFolder('plain')}/final_result_small.model`);
    expect(plainFinal.metadata.has('weights')).toBe(false);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('should resume bit for bit', async () => {
    await run(config(averaged), { weightsFolder: inFolder('whole') });
    await upTo(2, config(averaged));
    const events = await run(config(averaged));
    expect(weightsWarnings(events)).toEqual([]);
    const [whole, resumed] = [await checkpoint('whole'), await checkpoint()];
    expect(resumed.tensors).toEqual(whole.tensors);
    expect(resumed.state).toEqual(whole.state);
  });

  test('should say that the average starts or ends in the middle of a run', async () => {
    await upTo(2, config());
    const started = await upTo(3, config(averaged));
    expect(weightsWarnings(started)).toEqual([
      'the checkpoint has no moving average of the weights, and training_parameters.ema_decay is 0.5: the average starts from the weights of the checkpoint',
    ]);
    expect((await checkpoint()).state.emaUpdates).toBe(1);
    expect(weightsWarnings(await upTo(4, config('ema_decay=0.9')))).toEqual([]);
    expect((await checkpoint()).state.emaUpdates).toBe(2);
    const ended = await run(config());
    expect(weightsWarnings(ended)).toEqual([
      'the checkpoint has a moving average of the weights, and training_parameters.ema_decay is null: the next checkpoint is written without it; to keep it, quit the run without saving and set ema_decay again',
    ]);
    const { tensors, state } = await checkpoint();
    expect([state.emaUpdates, average(tensors).size]).toEqual([undefined, 0]);
  });

  test('should give its average to a run that starts from its checkpoint', async () => {
    await upTo(3, config(averaged));
    const { tensors, ...rest } = await checkpoint();
    const path = `${inFolder('weights')}/small.checkpoint`;
    for (const initFrom of [path, { ...rest, tensors }]) {
      await rm(inFolder('other'), { recursive: true, force: true });
      const createTrainer: TrainOptions['createTrainer'] = async (...given) => {
        const { Trainer } = await import('../../src/training/trainer.js');
        const trainer = await Trainer.create(...given);
        const load = trainer.loadWeights.bind(trainer);
        trainer.loadWeights = async (weights) => {
          for (const [name, tensor] of average(tensors)) expect(weights.get(name)).toEqual(tensor);
          expect([...weights.keys()].some((name) => name.startsWith('ema.'))).toBe(false);
          await load(weights);
        };
        return trainer;
      };
      const events = await upTo(1, config(), { weightsFolder: inFolder('other'), initFrom, createTrainer });
      expect(weightsWarnings(events)).toEqual([]);
      expect(losses(events)).toHaveLength(1);
    }
  });
});
