import { expect, test } from '@jest/globals';
import type { ModelConfig } from '../../src/config/types.js';
import { latentShapes, planModel } from '../../src/model/plan.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

const odd: [string, Partial<ModelConfig>, number[][]][] = [
  ['one scale', { numberOfScales: 1 }, [[4, 4, 2]]],
  [
    'no blocks before and after',
    { numBlocksPrepost: 0 },
    [
      [4, 4, 2],
      [8, 8, 2],
    ],
  ],
  ['two blocks before and after', { numBlocksPrepost: 2, numberOfScales: 1 }, [[2, 2, 2]]],
  [
    'images of one pixel at the deepest scale',
    { numberOfScales: 3 },
    [
      [1, 1, 2],
      [2, 2, 2],
      [4, 4, 2],
    ],
  ],
  [
    'several cells and groups',
    {
      cellsPerSplitEnc: 2,
      cellsPerInputDec: 2,
      initialSplitsPerScale: 3,
      exponentialScaling: 2,
      numCellsPerBlockPrepost: 3,
    },
    [
      [2, 2, 2],
      [4, 4, 2],
      [4, 4, 2],
      [4, 4, 2],
    ],
  ],
  [
    'no cells that keep the shape',
    { cellsPerSplitEnc: 0, cellsPerInputDec: 0 },
    [
      [2, 2, 2],
      [4, 4, 2],
    ],
  ],
  [
    'one latent channel, one component',
    { latentSize: 1, nMix: 1, numFlows: 2 },
    [
      [2, 2, 1],
      [4, 4, 1],
    ],
  ],
  [
    'joint colours with a normalized likelihood',
    { jointColours: true, normalizedLikelihood: true, fixedFlows: true },
    [
      [2, 2, 2],
      [4, 4, 2],
    ],
  ],
  [
    'a Normal per colour, fixed flows',
    { samplingMethod: 'gaussian', fixedFlows: true },
    [
      [2, 2, 2],
      [4, 4, 2],
    ],
  ],
];

test.each(odd)('trains, samples and reconstructs with %s', async (_, model, shapes) => {
  const config = smallConfig(model);
  expect(latentShapes(planModel(config.model))).toEqual(shapes);
  const trainer = await Trainer.create(config);
  const first = await trainer.step(smallBatch(1, 3), 1);
  const second = await trainer.step(smallBatch(2, 3), 3);
  expect([first.nonFinite, second.nonFinite]).toEqual([null, null]);
  expect((await trainer.sampleImages(2, 0.7, { iterations: 1 })).shape).toEqual([2, 8, 8, 3]);
  expect((await trainer.reconstruct(smallBatch(1, 1))).shape).toEqual([1, 8, 8, 3]);
  await trainer.dispose();
});
