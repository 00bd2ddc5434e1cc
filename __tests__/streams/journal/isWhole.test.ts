import { describe, expect, test } from '@jest/globals';
import { valuesPerImage } from '../../../src/base/valuesPerImage.js';
import { fromLine, type Journaled, toLine } from '../../../src/streams/journal/entry.js';
import { isWhole } from '../../../src/streams/journal/isWhole.js';
import { startedEvent, stepEvent } from '../../support/events.js';

const position = { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 };
const means = {
  imagesTrained: 2,
  loss: 1,
  reconstructionLoss: 1,
  balancedKl: 0,
  regularization: 0,
  kl: 0,
  klPerGroup: [],
};
const events: Journaled[] = [
  startedEvent(),
  stepEvent(1, { klPerGroup: [1, 2] }),
  { type: 'epoch', ...position, ...means, imagesTaken: 2, seconds: 1 },
  {
    type: 'validation',
    ...position,
    images: 2,
    negativeElbo: 1,
    reconstructionLoss: 1,
    kl: 0,
    klPerGroup: [0, 0],
    bitsPerDimension: 1,
    best: true,
    bestModel: { path: 'b', bitsPerDimension: 1, epoch: 0 },
    seconds: 1,
  },
  { type: 'paused', ...position },
  { type: 'resumed', ...position },
  { type: 'checkpoint', ...position, path: 'c', seconds: 1 },
  { type: 'preview', kind: 'samples', path: 'p', step: 1, imagesSeen: 1 },
  { type: 'warning', about: 'dataset', message: 'm' },
  { type: 'crash', message: 'm', signal: null, exitCode: 1, output: '', crashes: 1, restartSeconds: 1 },
  { type: 'finished', ...position, model: 'm', seconds: 1 },
  { type: 'stopped', ...position, reason: 'stop', checkpoint: null, seconds: 1 },
  { type: 'failed', error: 'Error', message: 'm' },
];

describe('isWhole', () => {
  test.each(events)('should know an event of type $type, also from a journal', (event) => {
    expect(isWhole(event)).toBe(true);
    expect(isWhole(fromLine(toLine(event, 1).trim())!)).toBe(true);
  });

  test.each(events)('should see when one of type $type lacks everything', ({ type }) => {
    expect(isWhole({ type } as Journaled)).toBe(false);
  });

  test('should know an epoch that an earlier version has written, but none whose means are damaged', () => {
    const epoch = { type: 'epoch', epoch: 0, imagesTaken: 2, seconds: 1 };
    expect(isWhole(epoch)).toBe(true);
    expect(isWhole({ ...epoch, imagesTrained: 0, loss: null })).toBe(true);
    expect(isWhole({ ...epoch, ...means, loss: 'low' })).toBe(false);
  });

  test('should know a start that an earlier version has written, which had no image_channels', () => {
    const started = startedEvent();
    const { imageChannels: _, ...model } = started.config.model;
    const earlier = { ...started, config: { ...started.config, model } };
    expect(isWhole(earlier)).toBe(true);
    const damaged = { ...started, config: { ...started.config, model: { ...model, imageChannels: 'grey' } } };
    expect(isWhole(damaged)).toBe(false);
    expect([started, earlier].map(({ config }) => valuesPerImage(config.model))).toEqual([192, 192]);
  });

  test('should not know types of another version', () => {
    for (const type of ['telepathy', '__proto__', 'toString']) expect(isWhole({ type })).toBe(false);
  });

  test('should have a number of an epoch where JSON had none', () => {
    const epoch: Journaled = {
      type: 'epoch',
      ...position,
      ...means,
      imagesTaken: 2,
      seconds: 1,
      imagesTrained: 0,
      loss: Number.NaN,
    };
    expect(fromLine(toLine(epoch, 1).trim())).toEqual({ ...epoch, time: 1 });
  });

  test('should have a number of a step where JSON had none', () => {
    const line = toLine(
      stepEvent(1, { loss: Number.NaN, klPerGroup: [Number.NaN, 1], nonFinite: null, zero: null }),
      1,
    );
    expect(fromLine(line.trim())).toMatchObject({
      loss: Number.NaN,
      klPerGroup: [Number.NaN, 1],
      nonFinite: null,
      zero: null,
    });
  });
});
