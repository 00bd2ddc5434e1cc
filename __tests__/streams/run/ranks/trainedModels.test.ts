/** `train` on ranks in threads of their own, with models. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Checkpoint } from '../../../../src/checkpoint/checkpointContent.js';
import type { NvaeConfig } from '../../../../src/config/types.js';
import { loadCheckpoint } from '../../../../src/modelFiles/loadCheckpoint.js';
import type { StepEvent, TrainEvent } from '../../../../src/streams/run/events.js';
import { smallConfig } from '../../../support/checkpoints.js';
import { testEngine } from '../../../support/engine.js';
import { writePictures } from '../../../support/pictures.js';
import { runRanks } from '../../../support/ranks/runRanks.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-ranks-'));
  await writePictures(join(folder, 'dataset'), 11);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Data {
  readonly engine: string;
  readonly config: NvaeConfig;
  readonly folder: string;
  readonly name: string;
  readonly stopAfter: number;
  readonly initFrom: string;
}

/** Trains until a step, or to the end; returns the events of each rank and the checkpoint. */
async function trained(
  size: number,
  name: string,
  { config = longConfig, stopAfter = 0, initFrom = '' } = {},
): Promise<{ readonly events: TrainEvent[][]; readonly checkpoint: Checkpoint }> {
  const data: Data = { engine: testEngine, config, folder, name, stopAfter, initFrom };
  const events = await runRanks<TrainEvent[], Data>(
    size,
    async ({ group, data, load }) => {
      const { engine, config, folder, name, stopAfter, initFrom } = data;
      const { useEngine } = await load<typeof import('../../../../src/engine/index.js')>('engine/index.js');
      const { train } =
        await load<typeof import('../../../../src/streams/run/train.js')>('streams/run/train.js');
      await useEngine(engine);
      const { Subject } = await load<typeof import('rxjs')>('../node_modules/rxjs/dist/cjs/index.js');
      const stop$ = new Subject<void>();
      const seen: TrainEvent[] = [];
      const events$ = train(config, {
        name,
        group,
        dataset: `${folder}/dataset`,
        // rank 0's are the only files
        weightsFolder: group.rank === 0 ? `${folder}/weights` : `${folder}/none`,
        picturesFolder: `${folder}/images`,
        runsFolder: null,
        cache: { folder: `${folder}/cache` },
        previews: { samples: 1, iterations: 1 },
        stop$,
        ...(group.rank === 0 && initFrom && { initFrom }),
      });
      await new Promise<void>((resolve, reject) => {
        events$.subscribe({
          next: (event) => {
            seen.push(event);
            if (event.type === 'step' && event.step === stopAfter) stop$.next();
          },
          error: reject,
          complete: resolve,
        });
      });
      return JSON.parse(JSON.stringify(seen));
    },
    { data, env: { NVAE_THREADS: '1' } },
  );
  return { events, checkpoint: await loadCheckpoint(join(folder, 'weights', `${name}.checkpoint`)) };
}

const longConfig = smallConfig([
  'epochs=4',
  'accumulation_steps=2',
  'ema_decay=0.9',
  'augmentation.horizontal_flip=true',
  'validation.fraction=0.2',
]);

const stepsOf = ([events = []]: readonly TrainEvent[][]) =>
  events.filter((event): event is StepEvent => event.type === 'step');
const tensorsOf = ({ tensors }: Checkpoint) => new Map(tensors);

describe('train on several ranks', () => {
  test.each([2, 3])('should train the model of one rank on %i, up to rounding', async (size) => {
    const [one, several] = [await trained(1, `one${size}`), await trained(size, `all${size}`)];
    const [expected, steps] = [stepsOf(one.events), stepsOf(several.events)];
    expect(steps.map(({ step, imagesTaken }) => [step, imagesTaken])).toEqual(
      expected.map(({ step, imagesTaken }) => [step, imagesTaken]),
    );
    for (const [i, { loss, kl }] of steps.entries()) {
      expect(loss / (expected[i]?.loss ?? 0)).toBeCloseTo(1, 4);
      expect(kl / (expected[i]?.kl ?? 0)).toBeCloseTo(1, 3);
    }
    expect(several.checkpoint.state).toEqual(one.checkpoint.state);
    const measured = ([events = []]: readonly TrainEvent[][]) =>
      events.flatMap((event) => (event.type === 'validation' ? [event.bitsPerDimension] : []));
    for (const [i, bits] of measured(several.events).entries()) {
      expect(bits / (measured(one.events)[i] ?? 0)).toBeCloseTo(1, 3);
    }
    for (const events of several.events.slice(1)) {
      expect(events.map(({ type }) => type)).toEqual(['started', 'finished']);
    }
  });

  test('should be repeatable and resume bit for bit, and also on another number of ranks', async () => {
    const whole = await trained(2, 'whole');
    await trained(2, 'parts', { stopAfter: 2 });
    await trained(2, 'parts', { stopAfter: 5 });
    const resumed = await trained(2, 'parts');
    expect(resumed.events[0]?.[0]).toMatchObject({ type: 'started', resumed: { step: expect.any(Number) } });
    expect(tensorsOf(resumed.checkpoint)).toEqual(tensorsOf(whole.checkpoint));
    expect(resumed.checkpoint.state).toEqual(whole.checkpoint.state);

    await trained(2, 'other', { stopAfter: 2 });
    const onThree = await trained(3, 'other', { stopAfter: 5 });
    expect(stepsOf(onThree.events)[0]?.step).toBe(3);
    const [last] = stepsOf((await trained(1, 'other')).events).reverse();
    const [expected] = stepsOf(whole.events).reverse();
    expect(last?.step).toBe(expected?.step);
    expect((last?.loss ?? 0) / (expected?.loss ?? 1)).toBeCloseTo(1, 3);
  });

  test('should start all ranks from the weights that rank 0 has read', async () => {
    const initFrom = join(folder, 'weights', 'final_result_source.model');
    await trained(2, 'source');
    const [one, two] = [await trained(1, 'from1', { initFrom }), await trained(2, 'from2', { initFrom })];
    const [[expected], [first]] = [stepsOf(one.events), stepsOf(two.events)];
    expect((first?.loss ?? 0) / (expected?.loss ?? 1)).toBeCloseTo(1, 4);
    expect(two.events[0]?.[0]).toMatchObject({ type: 'started', initFrom, resumed: null });
  });
});
