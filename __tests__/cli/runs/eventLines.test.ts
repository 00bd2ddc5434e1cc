import { expect, test } from '@jest/globals';
import { createEventLines } from '../../../src/cli/runs/eventLines.js';
import type { ValidationEvent } from '../../../src/streams/run/events.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import { startedEvent, stepEvent } from '../../support/events.js';

test.each([
  [{ initFrom: 'a.model' }, ', starting from the weights of a.model'],
  [{ initFrom: null }, 'images in batches of 1'],
  [{ resumed: { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 } }, ', resumed after step 2'],
])('the first line should end by what the run starts from: %j', (changes, end) => {
  const line = createEventLines(() => 0)(startedEvent(changes));
  expect(line?.endsWith(end)).toBe(true);
});

test('the log of the dashboard should say where the weights come from', () => {
  const { log } = withEvent(newRun, startedEvent({ initFrom: 'a.model' }));
  expect(log.at(-1)?.text).toBe('started small in process 1, starting from the weights of a.model');
});

test('a first event of an earlier version, without that, should be read', () => {
  const { initFrom, ...earlier } = startedEvent();
  expect(createEventLines(() => 0)(earlier as ReturnType<typeof startedEvent>)).toMatch(/batches of 1$/);
});

const position = { epoch: 1, batchInEpoch: 3, step: 6, imagesSeen: 20 };
const bestModel = { path: 'w/small.best.model', bitsPerDimension: 3.25, epoch: 0 };
const validation: ValidationEvent = {
  type: 'validation',
  ...position,
  images: 8,
  negativeElbo: 30,
  reconstructionLoss: 20.4,
  kl: 9.6,
  klPerGroup: [9.6],
  bitsPerDimension: 3.5,
  best: false,
  bestModel,
  seconds: 1.25,
};

test.each([
  [{}, 'best 3.2500 after epoch 1'],
  [{ best: true }, 'the best so far: w/small.best.model'],
  [{ bestModel: null }, 'no best model yet'],
])('a validation should be one line that says which model is the best: %j', (changes, end) => {
  const line = createEventLines(() => 0)({ ...validation, ...changes });
  const measured = 'validation after epoch 2: 8 images in 1.3 s  3.5000 bits/dim';
  expect(line).toBe(`${measured}  loss 30  reconstruction 20  KL 10  ${end}`);
});

test('the first validation of a warm-up should say why bits/dim may rise', () => {
  const lines = createEventLines(() => 0);
  lines(stepEvent(1, { klCoefficient: 0.1 }));
  expect(lines(validation)).toMatch(/best 3\.2500 after epoch 1\nbits\/dim counts the KL in full; /);
  expect(lines(validation)).not.toContain('in full');
  const warm = createEventLines(() => 0);
  warm(stepEvent(1, { klCoefficient: 1 }));
  expect(warm(validation)).not.toContain('in full');
});

test.each([
  [{}, ''],
  [{ bestModel: null }, ''],
  [{ bestModel }, '; best on held-out images: w/small.best.model (epoch 1, 3.2500 bits/dim)'],
])('the last line should name the best model, if there is one: %j', (changes, end) => {
  const finished = { type: 'finished' as const, ...position, model: 'm.model', seconds: 1, ...changes };
  expect(createEventLines(() => 0)(finished)).toBe(`finished after 6 steps: m.model${end}`);
});

test('the first line should say how many ranks train', () => {
  const line = createEventLines(() => 0)(startedEvent({ ranks: 4 }));
  expect(line).toMatch(/10 images in batches of 1 on 4 ranks$/);
});

test('the first line should say how many images are held out', () => {
  const line = createEventLines(() => 0)(startedEvent({ validationImages: 4 }));
  expect(line).toMatch(/10 images in batches of 1, validation on 4 others$/);
});
