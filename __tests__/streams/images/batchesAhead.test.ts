import { describe, expect, test } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { nextTurn } from '../../../src/base/nextTurn.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { batchesAhead } from '../../../src/streams/images/batchesAhead.js';
import { itemBatches } from '../../../src/streams/images/itemBatches.js';
import { type Stepper, trainStep } from '../../../src/streams/run/trainStep.js';
import type { StepResult } from '../../../src/training/trainer.js';
import { smallConfig } from '../../support/smallConfig.js';

const config = smallConfig();
const result = { loss: 1 } as StepResult;

/** Counts turns of the event loop. */
function turns() {
  let count = 0;
  let timer: NodeJS.Immediate;
  const next = () => {
    count += 1;
    timer = setImmediate(next);
  };
  timer = setImmediate(next);
  return { now: () => 1000 * count, stop: () => clearImmediate(timer) };
}

/** Images that take six turns of the event loop, as files do. */
const slow: Pick<Dataset, 'name' | 'decode'> = {
  name: 'slow',
  decode: async (_item, size) => {
    for (let turn = 0; turn < 6; turn += 1) await nextTurn();
    return new Uint8Array(size * size * 3);
  },
};

/** The turns that each step waits for its images. A step is one turn. */
async function waits(prefetch: number): Promise<number[]> {
  const clock = turns();
  const trainer: Stepper = {
    step: async () => {
      await nextTurn();
      return result;
    },
  };
  const items = { length: 40, at: (index: number) => ({ name: String(index) }) };
  const batches$ = itemBatches(items, { dataset: slow, size: 1, batchSize: 2 });
  const events = await lastValueFrom(batches$.pipe(trainStep(trainer, { prefetch, clock }), toArray()));
  clock.stop();
  return events.map(({ waitSeconds }) => waitSeconds);
}

describe('batchesAhead', () => {
  test('should be enough for steps that give the event loop one turn each', async () => {
    const [first, ...later] = await waits(batchesAhead(config));
    expect(first).toBeGreaterThan(4);
    // those begun beside the first batch are as far as it is
    expect(Math.max(...later)).toBeLessThanOrEqual(1);
    expect(Math.max(...(await waits(2)).slice(2))).toBeGreaterThan(1);
  });

  test('should take at most 64 MiB, but 2 batches at least', () => {
    const of = (batchSize: number, inputDimension: number) =>
      batchesAhead({
        model: { ...config.model, inputDimension, imageChannels: 3 },
        training: { ...config.training, batchSize },
      });
    expect(of(32, 64)).toBe(8);
    expect(of(32, 512)).toBe(2);
    expect(of(16, 512)).toBe(5);
    expect(of(500, 4096)).toBe(2);
  });
});
