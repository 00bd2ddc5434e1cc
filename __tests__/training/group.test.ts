/** Several ranks compute what one rank would with all images. More of it: __tests__/long/groupTraining.test.ts. */
import { describe, expect, test } from '@jest/globals';
import { testEngine } from '../support/engine.js';
import {
  binary,
  describeRanks,
  expectSameBits,
  type RankedCase,
  rankedRun,
} from '../support/ranks/describeRanks.js';
import { trainRanks } from '../support/ranks/trainRanks.js';

const several = {
  training: { accumulationSteps: 3, gradientClipping: 50, emaDecay: 0.9 },
  images: [7, 5, 2],
};

const cases: Record<string, RankedCase> = {
  'the defaults, and fewer images than ranks': { images: [5, 5, 5, 5, 1] },
  'parts of a batch, clipping and an average of the weights': several,
  'tensor checkpoints and power iterations': {
    training: { useTensorCheckpoints: true, spectralRegularization: 'power_iteration' },
  },
  'a loss function': { ownLoss: true },
  'binary images, balanced by size': {
    ...binary,
    training: { ...binary.training, klBalancing: 'size' },
  },
  ...(testEngine === 'native' && {
    'half precision': { training: { halfPrecision: true }, within: [0.01, 0.05] },
  }),
};

describeRanks([3], cases, 6);

describe('the bits of a run on several ranks', () => {
  const run = rankedRun({ training: { emaDecay: 0.9 }, images: [5, 5, 5, 1] }, 8);

  test('should not depend on when it was interrupted, nor on replays', async () => {
    const variants = [run, { ...run, restartAfter: 3 }, { ...run, withoutReplays: true }];
    const [ranks] = await trainRanks(2, variants);
    expectSameBits(ranks ?? []);
    if (testEngine === 'native')
      expect(ranks?.map(({ replays }) => replays > 0)).toEqual([true, true, false]);
  }, 60_000);
});
