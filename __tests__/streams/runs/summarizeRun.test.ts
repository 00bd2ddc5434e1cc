import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { map } from 'rxjs';
import { fromLine, type JournalEntry, type Journaled, toLine } from '../../../src/streams/journal/entry.js';
import { emptyTally, type RunTally, summaryOf, tallied } from '../../../src/streams/runs/runTally.js';
import { summarizeRun } from '../../../src/streams/runs/summarizeRun.js';
import { epochEvent, startedEvent, stepEvent, validationEvent } from '../../support/events.js';
import { marbles } from '../../support/marbles.js';

const position = { epoch: 0, batchInEpoch: 1, step: 2, imagesSeen: 2 };
const crash = { type: 'crash', message: 'x', signal: null, exitCode: 1, output: '', crashes: 1 } as const;
const stopped = { type: 'stopped', ...position, reason: 'stop', checkpoint: 'x', seconds: 1 } as const;

/** Entries at these seconds. */
const at = (...timed: readonly (readonly [seconds: number, event: Journaled])[]): JournalEntry[] =>
  timed.map(([seconds, event]) => ({ ...event, time: 1000 * seconds }));
const tallyOf = (entries: readonly JournalEntry[]): RunTally => entries.reduce(tallied, emptyTally);
const summaryAt = (entries: readonly JournalEntry[], held = false, now = 0) =>
  summaryOf(tallyOf(entries), 'demo', held, now);

describe('summarizeRun', () => {
  const values: Record<string, JournalEntry> = {
    s: { ...startedEvent({ epochs: 3 }), time: 0 },
    t: { ...stepEvent(1, { loss: 10 }), time: 1000 },
    f: { type: 'finished', ...position, model: 'm', seconds: 2, time: 3000 },
  };

  test.each([
    ['never', '-----', '-----', ''],
    ['empty', '--|', '--(S|)', 'unknown 0 0'],
    ['error', 's-#', '--#', ''],
    ['a run that is over', 's-t-f-|', '------(S|)', 'finished 2 3'],
    ['a run without its end', 's-t---|', '------(S|)', 'crashed 1 1'],
  ])('should cope with %s', (_, given, expected, told) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const journal = cold(given, values);
      const summary$ = journal.pipe(
        summarizeRun('demo'),
        map(({ status, steps, secondsTrained }) => `${status} ${steps} ${secondsTrained}`),
      );
      expectObservable(summary$).toBe(expected, { S: told });
      const end = given.search(/[|#]/);
      expectSubscriptions(journal.subscriptions).toBe(end < 0 ? '^' : `^${'-'.repeat(end - 1)}!`);
    });
  });

  test('should release its source when it is unsubscribed', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const journal = cold('s-t-t-t', values);
      expectObservable(journal.pipe(summarizeRun('demo')), '^---!').toBe('-----');
      expectSubscriptions(journal.subscriptions).toBe('^---!');
    });
  });
});

describe('the seconds that a run was trained', () => {
  test('should be those of all sessions, without what lies between them', () => {
    const entries = at(
      [0, startedEvent()],
      [10, stepEvent(1)],
      [20, stopped],
      [9000, startedEvent({ resumed: position })],
      [9005, stepEvent(3)],
      [9007, { type: 'finished', ...position, step: 3, model: 'm', seconds: 7 }],
    );
    expect(summaryAt(entries)).toMatchObject({
      secondsTrained: 27,
      sessions: 2,
      steps: 3,
      status: 'finished',
    });
  });

  test('should have no pauses', () => {
    const entries = at(
      [0, startedEvent()],
      [10, { type: 'paused', ...position }],
      [510, { type: 'resumed', ...position }],
      [512, stepEvent(1)],
    );
    expect(summaryAt(entries).secondsTrained).toBe(12);
  });

  test('should have no time in which the computer slept, but that of a slow step', () => {
    const slept = at([0, startedEvent()], [10, stepEvent(1)], [90_000, stepEvent(2, { seconds: 4 })]);
    expect(summaryAt(slept).secondsTrained).toBe(14);
    const slow = at([0, startedEvent()], [3000, stepEvent(1, { seconds: 2900, waitSeconds: 90 })]);
    expect(summaryAt(slow).secondsTrained).toBe(3000);
  });

  test('should not count the wait for a restart', () => {
    const entries = at(
      [0, startedEvent()],
      [10, stepEvent(1)],
      [11, { ...crash, restartSeconds: 4 }],
      [20, startedEvent({ resumed: { ...position, step: 1 } })],
      [22, stepEvent(2)],
    );
    expect(summaryAt(entries)).toMatchObject({ secondsTrained: 13, crashes: 1, sessions: 2 });
  });

  test('should be what the sessions take, however steps, pauses and sessions follow each other', () => {
    const part = fc.record({
      train: fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 5 }),
      pause: fc.integer({ min: 0, max: 1e6 }),
      between: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const timed: [number, Journaled][] = [];
        let [time, step, expected] = [0, 0, 0];
        for (const { train, pause, between } of parts) {
          timed.push([time, startedEvent({ resumed: step > 0 ? { ...position, step } : null })]);
          if (step === 0) expected = 0;
          for (const seconds of train) {
            [time, step, expected] = [time + seconds, step + 1, expected + seconds];
            timed.push([time, stepEvent(step)]);
          }
          timed.push([time, { type: 'paused', ...position }]);
          time += pause;
          timed.push([time, { type: 'resumed', ...position }], [time, { ...stopped, step }]);
          time += between;
        }
        const { secondsTrained, steps } = summaryAt(at(...timed));
        expect(secondsTrained).toBeCloseTo(expected, 6);
        expect(steps).toBe(step);
      }),
    );
  });

  test('should survive a clock that is set back', () => {
    const entries = at([100, startedEvent()], [110, stepEvent(1)], [50, stepEvent(2)], [55, stepEvent(3)]);
    expect(summaryAt(entries).secondsTrained).toBe(15);
  });
});

describe('the status of a run', () => {
  test.each<[string, (readonly [number, Journaled])[], boolean, string]>([
    ['that trains', [[1, stepEvent(1)]], true, 'training'],
    ['that is paused', [[1, { type: 'paused', ...position }]], true, 'paused'],
    ['whose process is gone', [[1, stepEvent(1)]], false, 'crashed'],
    ['that was stopped', [[1, stopped]], false, 'stopped'],
    ['that is opened again', [[1, stopped]], true, 'training'],
    ['that failed', [[1, { type: 'failed', error: 'E', message: 'm' }]], false, 'failed'],
    ['that crashed for good', [[1, { ...crash, restartSeconds: null }]], false, 'crashed'],
    ['that is being restarted', [[1, { ...crash, restartSeconds: 2 }]], false, 'training'],
  ])('should be that of a run %s', (_, timed, held, expected) => {
    expect(summaryAt(at([0, startedEvent()], ...timed), held, 2000).status).toBe(expected);
  });

  test('should be crashed when a restart did not come', () => {
    const entries = at([0, startedEvent()], [1, { ...crash, restartSeconds: 2 }]);
    expect(summaryAt(entries, false, 1e6).status).toBe('crashed');
  });
});

describe('the numbers of a run', () => {
  test('should be those of the last steps, epochs and validations', () => {
    const steps = Array.from({ length: 30 }, (_, i): [number, Journaled] => [
      i,
      stepEvent(i + 1, {
        loss: i,
        batchSize: 4,
        seconds: 0.5,
        waitSeconds: 0.3,
        epoch: 1,
        imagesSeen: 4 * (i + 1),
      }),
    ]);
    const entries = at(
      [0, startedEvent({ epochs: 5 })],
      ...steps,
      [30, stepEvent(31, { loss: Number.NaN, epoch: 1, applied: false })],
      [31, epochEvent(1, { step: 31, reconstructionLoss: 7, kl: 2 })],
      [
        32,
        validationEvent(1, {
          step: 31,
          bitsPerDimension: 3.5,
          best: false,
          bestModel: { path: 'x', bitsPerDimension: 3.25, epoch: 0 },
        }),
      ],
      [33, { type: 'warning', about: 'x', message: 'y' }],
    );
    expect(summaryAt(entries, true)).toMatchObject({
      name: 'demo',
      steps: 31,
      epochs: 2,
      epochsPlanned: 5,
      loss: 19.5,
      negativeElbo: 9,
      validation: { epoch: 1, bitsPerDimension: 3.5 },
      best: { epoch: 0, bitsPerDimension: 3.25 },
      warnings: 1,
      lastActivity: 33_000,
    });
    expect(summaryAt(entries).imagesPerSecond).toBeCloseTo(121 / 24);
  });

  test('should be null where an older journal has none', () => {
    const { imagesTrained: _, ...old } = epochEvent(0);
    const summary = summaryAt(at([0, startedEvent({ epochs: -1 })], [1, old as Journaled]));
    expect(summary).toMatchObject({
      epochs: 1,
      epochsPlanned: null,
      loss: null,
      negativeElbo: null,
      validation: null,
      best: null,
      imagesPerSecond: null,
    });
  });

  test('should know the best validation also where its model could not be written', () => {
    const bits = [4, 3, 5, Number.NaN].map((bitsPerDimension, epoch): readonly [number, Journaled] => [
      epoch,
      validationEvent(epoch, { bitsPerDimension, bestModel: null }),
    ]);
    expect(summaryAt(at([0, startedEvent()], ...bits)).best).toEqual({ epoch: 1, bitsPerDimension: 3 });
  });

  test('should forget validations behind the checkpoint from which a run resumes', () => {
    const begun = at(
      [0, startedEvent()],
      [1, validationEvent(0)],
      [2, validationEvent(1, { bitsPerDimension: 2 })],
    );
    const resumed = at([3, startedEvent({ resumed: { ...position, step: 1 } })]);
    expect(summaryAt([...begun, ...resumed]).validation).toEqual({ epoch: 0, bitsPerDimension: 3 });
  });

  test('should forget a run that begins anew under the same name, unless it is restarted', () => {
    const begun: (readonly [number, Journaled])[] = [
      [0, startedEvent()],
      [10, stepEvent(1, { loss: 4 })],
    ];
    expect(summaryAt(at(...begun, [20, startedEvent()]))).toMatchObject({
      steps: 0,
      loss: null,
      sessions: 1,
      secondsTrained: 0,
    });
    const restarted = at(...begun, [11, { ...crash, restartSeconds: 1 }], [12, startedEvent()]);
    expect(summaryAt(restarted)).toMatchObject({ steps: 0, loss: null, sessions: 2, secondsTrained: 11 });
  });

  test('should not change by damaged lines, and stay finite', () => {
    const line = fc.oneof(
      fc.constantFrom(
        ...[startedEvent(), stepEvent(1), epochEvent(0), validationEvent(0), stopped].map((event) =>
          toLine(event, 5).trim(),
        ),
      ),
      fc.json(),
      fc
        .record({
          type: fc.constantFrom('step', 'started', 'validation', 'epoch', '__proto__'),
          time: fc.nat(),
        })
        .map((entry) => JSON.stringify(entry)),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const entries = lines.map(fromLine).filter((entry) => entry !== null);
        const summary = summaryAt(entries);
        expect(Number.isFinite(summary.secondsTrained) && summary.secondsTrained >= 0).toBe(true);
        expect(Number.isInteger(summary.steps) && Number.isInteger(summary.epochs)).toBe(true);
        const whole = entries.filter((entry) => tallied(emptyTally, entry) !== emptyTally);
        expect(summaryAt(whole)).toEqual(summary);
      }),
    );
  });

  test('should stay small, however long the journal', () => {
    let tally = tallyOf(at([0, startedEvent()]));
    for (let i = 1; i <= 5000; i += 1) {
      tally = tallied(tally, { ...stepEvent(i), time: i });
      tally = tallied(tally, { ...validationEvent(i), time: i });
    }
    expect(JSON.stringify(tally).length).toBeLessThan(100_000);
  });
});
