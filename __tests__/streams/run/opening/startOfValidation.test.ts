import { expect, test } from '@jest/globals';
import type { Checkpoint } from '../../../../src/checkpoint/checkpointContent.js';
import type { ValidationSet } from '../../../../src/streams/run/opening/heldOutImages.js';
import { startOfValidation } from '../../../../src/streams/run/opening/startOfValidation.js';

test.each([
  ['b/3/-', 'other names'],
  ['a/4/-', '3 before, 4 now'],
  ['a/3/contain centre #ffffff whole', 'another fit'],
])('should start a new best model where the held-out images are %s', async (identity, words) => {
  const best = { bitsPerDimension: 1, epoch: 0, step: 1 };
  const checkpoint = { validation: { epoch: 0, images: 'a/3/-', best } } as Checkpoint;
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const record = await startOfValidation(checkpoint, { identity } as ValidationSet, { bestModel: '', warn });
  expect(record).toMatchObject({ best: null });
  expect(warnings).toEqual([
    `the held-out images have changed since the checkpoint (${words}); the next validation starts a new best model`,
  ]);
});
