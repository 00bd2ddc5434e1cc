import { describe, expect, test } from '@jest/globals';
import { type Point, pointOf, recentMean, upTo, withPoint } from '../../../src/ui/dashboard/history.js';
import { stepEvent } from '../../support/events.js';

function historyOf(steps: number): readonly Point[] {
  let history: readonly Point[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const point = pointOf(stepEvent(step, { loss: step, klPerGroup: [step], imagesSeen: 10 * step }));
    if (point) history = withPoint(history, point);
  }
  return history;
}

/** Of more steps than are kept one by one. */
const steps = 20_000;
const long = historyOf(steps);

describe('history', () => {
  test('should stay bounded, keep every step in some point, and the newest ones by themselves', () => {
    const history = long;
    expect(history.length).toBeLessThan(4500);
    expect(history.reduce((sum, point) => sum + point.steps, 0)).toBe(steps);
    expect(history.slice(-1000).every((point) => point.steps === 1)).toBe(true);
    expect(history.map(({ step }) => step)).toEqual(
      [...history.map(({ step }) => step)].sort((a, b) => a - b),
    );
  });

  test('should merge evenly, so that the beginning of a long run is still seen', () => {
    const old = long.slice(0, -1100);
    const sizes = old.map(({ steps }) => steps);
    expect(Math.max(...sizes)).toBeLessThan(40);
    // Means of what they are made of: steps 1 to n of the first point.
    const first = old[0]!;
    expect(first.values.loss).toBeCloseTo((first.steps + 1) / 2);
    expect(first.klPerGroup[0]).toBeCloseTo((first.steps + 1) / 2);
  });

  test('should forget what is done again behind a checkpoint', () => {
    expect(upTo(historyOf(10), 4).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  test('should have no point of a step without a loss', () => {
    expect(pointOf(stepEvent(1, { loss: Number.NaN }))).toBeNull();
  });

  test('should take the mean of the last steps', () => {
    expect(recentMean(historyOf(10), ({ values }) => values.loss, 4)).toBe(8.5);
    expect(recentMean([], ({ values }) => values.loss)).toBeNull();
  });
});
