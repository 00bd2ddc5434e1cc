/** Memory must not grow with the number of images, beyond a few numbers for each. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { lastValueFrom, of } from 'rxjs';
import { datasetIdentity } from '../../src/data/datasetIdentity.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { measuredItems, splitItems } from '../../src/data/heldOut.js';
import { listItems } from '../../src/data/listItems.js';
import { augment } from '../../src/streams/images/augment.js';
import { itemBatches } from '../../src/streams/images/itemBatches.js';
import { permuted } from '../../src/streams/images/permuted.js';
import { type Stepper, trainStep } from '../../src/streams/run/trainStep.js';

const [images, batchSize] = [200_000, 32];
const { signal } = new AbortController();

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('listing, splitting and an epoch should hold less than 40 bytes per image', async () => {
  const dataset = datasetOf(images, (index, size) => new Uint8Array(size * size * 3).fill(index), {
    cached: false,
  });
  const before = heldBytes();
  const items = await listItems(dataset, { signal, onWarning: () => undefined });
  const { training, heldOut } = splitItems(items, 0.1);
  const measured = measuredItems(heldOut, null);
  expect(training.length + measured.length).toBe(images);
  expect(await datasetIdentity(dataset, training, signal, items)).toContain(String(training.length));

  const held: number[] = [];
  const losses = { loss: 0, reconstructionLoss: 0, balancedKl: 0, regularization: 0, kl: 0, klPerGroup: [] };
  const rates = { gradientNorm: 0, klCoefficient: 1, learningRate: 0, clipFactor: 1 };
  const position = { step: 0, epoch: 0, batchInEpoch: 0, imagesSeen: 0 };
  const state = { applied: true, nonFinite: null, zero: null, seconds: 0 };
  let steps = 0;
  const step: Stepper['step'] = ({ shape: [batch] }) => {
    if (steps % 1000 === 0) held.push(heldBytes() - before);
    steps += 1;
    return of({ ...losses, ...rates, ...position, ...state, batchSize: batch });
  };
  const order = permuted(
    Uint32Array.from({ length: training.length }, (_, i) => i),
    1,
    0,
  );
  const change = augment({ horizontalFlip: true }, { seed: 1, epoch: 0 });
  const batches$ = itemBatches(training, { dataset, size: 1, order, batchSize, change });
  const last = await lastValueFrom(batches$.pipe(trainStep({ step })));
  expect(last.imagesTaken).toBe(training.length);
  expect(steps).toBe(Math.ceil(training.length / batchSize));
  // Of the first steps some is code that was compiled meanwhile.
  expect(Math.max(...held) / images).toBeLessThan(40);
  expect(((held.at(-1) ?? 0) - (held[1] ?? 0)) / images).toBeLessThan(5);
}, 300_000);
