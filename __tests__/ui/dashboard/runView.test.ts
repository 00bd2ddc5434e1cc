import { describe, expect, test } from '@jest/globals';
import type { Journaled } from '../../../src/streams/journal/entry.js';
import type { TrainEvent } from '../../../src/streams/run/events.js';
import {
  newRun,
  progressOf,
  type RunView,
  speed,
  withEvent,
  withoutProcess,
} from '../../../src/ui/dashboard/runView.js';
import { epochEvent, startedEvent, stepEvent, validationEvent } from '../../support/events.js';

const position = { epoch: 0, batchInEpoch: 1, step: 3, imagesSeen: 3 };
const runOf = (...events: readonly Journaled[]): RunView =>
  events.reduce((view, event, i) => withEvent(view, { ...event, time: 1000 * i }), newRun);

describe('withEvent', () => {
  test('should count what was skipped and clipped, and keep a skipped step out of the curve', () => {
    const view = runOf(
      startedEvent(),
      stepEvent(1, { clipFactor: 0.5 }),
      stepEvent(2, { applied: false, loss: Number.NaN }),
      stepEvent(3),
    );
    expect(view).toMatchObject({ status: 'training', skipped: 1, clipped: 1, steps: 3 });
    expect(view.history.map(({ step }) => step)).toEqual([1, 3]);
  });

  test('should go back to the checkpoint that a run resumes from, and forget all for a new run', () => {
    const before = [startedEvent(), stepEvent(1), stepEvent(2), stepEvent(3)];
    const resumed = runOf(...before, startedEvent({ resumed: { ...position, step: 2 } }), stepEvent(3));
    expect(resumed.history.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(resumed.steps).toBe(1);
    const anew = runOf(...before, startedEvent());
    expect(anew.history).toEqual([]);
    expect(anew.log).toHaveLength(2);
  });

  test.each<[string, TrainEvent[], RunView['status']]>([
    ['paused', [{ type: 'paused', ...position }], 'paused'],
    [
      'going on',
      [
        { type: 'paused', ...position },
        { type: 'resumed', ...position },
      ],
      'training',
    ],
    ['finished', [{ type: 'finished', ...position, model: 'm', seconds: 1 }], 'finished'],
    ['stopped', [{ type: 'stopped', ...position, reason: 'stop', checkpoint: null, seconds: 1 }], 'stopped'],
  ])('should know a run that is %s', (_, events, status) => {
    expect(runOf(startedEvent(), ...events).status).toBe(status);
  });

  test('should tell a crash that is made good from one that is not', () => {
    const crash = { type: 'crash', message: 'x', signal: null, exitCode: 1, output: '', crashes: 1 } as const;
    expect(runOf(startedEvent(), { ...crash, restartSeconds: 1 })).toMatchObject({
      status: 'crashed',
      crashes: 1,
    });
    expect(runOf(startedEvent(), { ...crash, restartSeconds: null }).status).toBe('gone');
    expect(withoutProcess(runOf(startedEvent())).status).toBe('gone');
  });

  test('should know why a run has failed, also when its process is gone, until it goes on', () => {
    const failed = runOf(startedEvent(), { type: 'failed', error: 'Error', message: 'disk full' });
    for (const view of [failed, withoutProcess(failed)]) {
      expect(view).toMatchObject({ status: 'failed', ended: { message: 'disk full' } });
    }
    expect(failed.log.at(-1)?.text).toBe('failed: disk full');
    expect(withEvent(failed, { ...startedEvent({ resumed: position }), time: 0 })).toMatchObject({
      status: 'training',
      ended: null,
    });
  });

  test('should keep validations with the mean of the same epoch, back to the checkpoint that a run resumes from', () => {
    const run = [
      startedEvent(),
      validationEvent(0),
      epochEvent(1, { reconstructionLoss: 7, kl: 2 }),
      validationEvent(1),
      epochEvent(2, { imagesTrained: 0, reconstructionLoss: Number.NaN }),
      validationEvent(2),
      epochEvent(3),
      validationEvent(4),
    ];
    expect(runOf(...run).validations.map(({ training }) => training)).toEqual([null, 9, null, null]);
    const resumed = runOf(...run, startedEvent({ resumed: { ...position, step: 2 } }));
    expect(resumed.validations.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(runOf(...run, startedEvent()).validations).toEqual([]);
  });

  test('should keep validations bounded, from the first to the last', () => {
    const view = runOf(...Array.from({ length: 5000 }, (_, epoch) => validationEvent(epoch)));
    const epochs = view.validations.map(({ epoch }) => epoch);
    expect(epochs.length).toBeLessThanOrEqual(1024);
    expect(epochs[0]).toBe(0);
    expect(epochs.slice(-100)).toEqual(Array.from({ length: 100 }, (_, i) => 4900 + i));
  });

  test('should keep the log and the pictures bounded', () => {
    const warning = { type: 'warning', about: 'x', message: 'y' } as const;
    const preview = { type: 'preview', kind: 'samples', path: 'p', step: 1, imagesSeen: 1 } as const;
    const view = runOf(...Array.from({ length: 1200 }, () => [warning, preview]).flat());
    expect(view.log).toHaveLength(1000);
    expect(view.previews.samples).toHaveLength(500);
    expect(view.warnings).toBe(1200);
  });
});

describe('progress', () => {
  const step = (number: number, changes = {}) =>
    stepEvent(number, { seconds: 0.5, waitSeconds: 0.5, imagesTaken: number, ...changes });

  test('should come from the images that are left and the speed with which they come', () => {
    const view = runOf(startedEvent({ images: 10, epochs: 2 }), step(1), step(2));
    expect(speed(view.history)).toBeCloseTo(1);
    expect(progressOf(view)).toEqual({ epoch: 0.2, run: 0.1, secondsLeft: 18 });
  });

  test('should be that of the epoch alone where the run goes on until it is stopped', () => {
    const view = runOf(startedEvent({ images: 10, epochs: -1 }), step(1));
    expect(progressOf(view)).toEqual({ epoch: 0.1, run: null, secondsLeft: null });
  });

  test('should respect a limit of the time', () => {
    const view = runOf(startedEvent({ images: 10, epochs: -1, secondsLimit: 10 }), step(1), step(2));
    expect(progressOf(view)).toEqual({ epoch: 0.2, run: 0.2, secondsLeft: 8 });
  });
});
