/** Several ranks compute what one rank would with all images: every setting, 20 steps. */
import { test } from '@jest/globals';
import { testEngine } from '../support/engine.js';
import {
  binary,
  describeRanks,
  expectSameBits,
  type RankedCase,
  rankedRun,
} from '../support/ranks/describeRanks.js';
import { trainRanks } from '../support/ranks/trainRanks.js';

const steps = 20;

const cases: Record<string, RankedCase> = {
  'the defaults, in the warm-up of the KL': {},
  'batches of other sizes than the first': { images: [5, 7, 3, 4] },
  'fewer images than ranks': { images: [2, 5, 1] },
  'balancing by size': { training: { klBalancing: 'size' } },
  'a KL weight of 0': { epoch: 0 },
  'the warm-up at its end': { epoch: 2 },
  'no regularisation': { training: { regularizationConstant: 0 } },
  'power iterations': { training: { spectralRegularization: 'power_iteration' } },
  'parts of a batch': { training: { accumulationSteps: 3 }, images: [7, 5, 2] },
  'clipping and an average of the weights': { training: { gradientClipping: 50, emaDecay: 0.9 } },
  'tensor checkpoints': { training: { useTensorCheckpoints: true } },
  'fixed flows with weight normalisation': { model: { fixedFlows: true, flowWeightNorm: true } },
  'images of an odd size': { model: { inputDimension: 7 } },
  'binary images': binary,
  'a loss function': { ownLoss: true },
  'a loss function, and parts of a batch': {
    ownLoss: true,
    training: { accumulationSteps: 3 },
    images: [7, 5, 4],
  },
  'a normal distribution': { model: { samplingMethod: 'gaussian' } },
  'joint, normalised colours': { model: { jointColours: true, normalizedLikelihood: true } },
  ...(testEngine === 'native' && {
    'half precision': { training: { halfPrecision: true }, within: [0.01, 0.05] },
    'half precision with tensor checkpoints': {
      training: { halfPrecision: true, useTensorCheckpoints: true },
      within: [0.01, 0.05],
    },
  }),
};

describeRanks([2, 3, 4], cases, steps);

test.each([1, 3])(
  '%i ranks should repeat runs bit for bit, also from a snapshot',
  async (size) => {
    const runs = Object.values(cases).map((each) => rankedRun(each, steps));
    const [once, again] = [
      await trainRanks(size, runs),
      await trainRanks(
        size,
        runs.map((run) => ({ ...run, restartAfter: 7 })),
      ),
    ];
    for (const [rank, results] of once.entries()) {
      for (const [i, result] of results.entries()) expectSameBits([result, again[rank]![i]!]);
    }
  },
  240_000,
);
