import { describe, expect, test } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { groupMemory } from '../../../src/group/memory/groupMemory.js';
import { memoryGroup } from '../../../src/group/memory/memoryGroup.js';
import { type TrainInProcessOptions, trainInProcess } from '../../../src/streams/process/trainInProcess.js';
import { train } from '../../../src/streams/run/train.js';
import type { TrainOptions } from '../../../src/streams/run/trainOptions.js';
import { smallConfig } from '../../support/checkpoints.js';

const nonsense: [message: string, options: TrainInProcessOptions][] = [
  ['seconds must be a number of at least 0, got NaN', { seconds: Number.NaN }],
  ['datasetPatience must be a number of at least 0, got -1', { datasetPatience: -1 }],
  ['prefetch must be a positive integer, got 0', { prefetch: 0 }],
  ['seed must be an integer, got 0.5', { seed: 0.5 }],
  ['seed must be an integer, got NaN', { seed: Number.NaN }],
  ['previews.samples must be an integer of at least 0, got 1.5', { previews: { samples: 1.5 } }],
  ['previews.iterations must be an integer of at least 0, got -1', { previews: { iterations: -1 } }],
  ['cache.memoryLimit must be a number of at least 0, got NaN', { cache: { memoryLimit: Number.NaN } }],
  ['cache.reserve must be a number of at least 0, got -1', { cache: { reserve: -1 } }],
];

describe.each([
  ['train', train],
  ['trainInProcess', trainInProcess],
])('%s', (name, run) => {
  test.each(nonsense)('should say at once that %s', (message, options) => {
    expect(() => run(smallConfig(), options)).toThrow(new RangeError(`${name}: ${message}`));
  });

  test('should take limits that are infinite, and previews without new images', () => {
    const endless = { seconds: Number.POSITIVE_INFINITY, datasetPatience: Number.POSITIVE_INFINITY };
    const options = { ...endless, seed: -1, previews: { samples: 0, iterations: 0 } };
    expect(() => run(smallConfig(), options)).not.toThrow();
  });
});

test('a configuration with a value that is not allowed is refused: at once by train, in the stream by trainInProcess', async () => {
  const config = smallConfig();
  const wrong = { ...config, training: { ...config.training, batchSize: 0 } };
  const problem = new RangeError('train: training.batchSize: expected an integer >= 1, got 0');
  expect(() => train(wrong)).toThrow(problem);
  await expect(lastValueFrom(trainInProcess(wrong, { engine: 'cpu' }))).rejects.toMatchObject({
    name: 'RangeError',
    message: problem.message,
  });
}, 60_000);

test.each<[string, unknown]>([
  ['dataset must be a folder, or a dataset with name, items and decode, got 7', { dataset: 7 }],
  ['dataset must have at least one path, got none', { dataset: [] }],
  [
    'dataset must be of paths, each alone or with repeat, a positive integer, got {"path":"a","repeat":0}',
    { dataset: ['b', { path: 'a', repeat: 0 }] },
  ],
  [
    'dataset must be a folder, or a dataset with name, items and decode, got {"name":"a"}',
    { dataset: { name: 'a' } },
  ],
  ['augment must be a function, got {"crop":2}', { augment: { crop: 2 } }],
  ['loss must be a function, got "mse"', { loss: 'mse' }],
  ['initFrom must be a file, or a model with config and tensors, got 7', { initFrom: 7 }],
  [
    'initFrom must be a file, or a model with config and tensors, got {"tensors":[]}',
    { initFrom: { tensors: [] } },
  ],
  ['initPartial needs initFrom, the model to start from', { initPartial: true }],
])('train should say at once that %s', (message, options) => {
  expect(() => train(smallConfig(), options as TrainOptions)).toThrow(new TypeError(`train: ${message}`));
});

test.each<[string, TrainOptions]>([
  ['dataset must be a folder, or several', { dataset: datasetOf(1, () => new Uint8Array(192)) }],
  ['initFrom must be a file', { initFrom: { config: smallConfig(), tensors: new Map() } }],
  ['augment cannot be sent to another process', { augment: (image) => image }],
  ['group cannot be sent to another process', { group: memoryGroup(groupMemory(1), 0) }],
  ['loss cannot be sent to another process', { loss: ({ terms }) => terms }],
  [
    'createTrainer cannot be sent to another process',
    { createTrainer: () => Promise.reject(new Error('never called')) },
  ],
  ['checkpoints.save cannot be sent to another process', { checkpoints: { save: async () => undefined } }],
])('trainInProcess should say at once that %s', (problem, options) => {
  const message = `trainInProcess: ${problem}; use train, which takes any dataset, model and functions`;
  expect(() => trainInProcess(smallConfig(), options as TrainInProcessOptions)).toThrow(
    new TypeError(message),
  );
});
