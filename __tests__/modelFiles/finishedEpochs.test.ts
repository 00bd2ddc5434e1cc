import { expect, test } from '@jest/globals';
import { finishedEpochs } from '../../src/modelFiles/finishedEpochs.js';
import { smallCheckpoint } from '../support/checkpoints.js';

const checkpoint = smallCheckpoint(3);

test.each([
  ['within an epoch', { epoch: 4, imagesTaken: 12, dataset: 'a/20/-' }, { epoch: 4, imagesTaken: 12 }],
  ['at the end of an epoch', { epoch: 4, imagesTaken: 20, dataset: 'a/20/-' }, { epoch: 5, imagesTaken: 0 }],
  ['between epochs', { epoch: 5, imagesTaken: 0, dataset: 'a/20/-' }, { epoch: 5, imagesTaken: 0 }],
  ['in a dataset of unknown size', { epoch: 4, imagesTaken: 20 }, { epoch: 4, imagesTaken: 20 }],
  [
    'in a dataset of an earlier version',
    { epoch: 4, imagesTaken: 9, dataset: 'a' },
    { epoch: 4, imagesTaken: 9 },
  ],
])('should know the epoch %s', (_, dataPosition, expected) => {
  expect(finishedEpochs({ ...checkpoint, dataPosition })).toEqual(expected);
});

test('should take the epoch of a snapshot made outside a data pipeline from its batches', () => {
  const { config, tensors, state } = checkpoint;
  expect(finishedEpochs({ config, tensors, state })).toEqual({ epoch: 1, imagesTaken: 8 });
});
