import { describe, expect, test } from '@jest/globals';
import { NonFiniteLossError } from '../../../src/streams/run/errors.js';
import { watchFinite } from '../../../src/streams/run/watchFinite.js';
import { stepEvent } from '../../support/events.js';
import { marbles } from '../../support/marbles.js';

const good = stepEvent(1);
const bad = stepEvent(2, { applied: false, nonFinite: 'gradient' });
const other = { type: 'other' } as const;
const warned = (count: number, limit: number) => ({
  type: 'warning',
  about: 'step',
  message: `step 2 was skipped: its gradient is not finite (${count} of ${limit} in a row)`,
});
const events = { g: good, b: bad, o: other };
const failure = new NonFiniteLossError('gradient', 2);

describe('watchFinite', () => {
  test.each([
    ['never', '  -----', '-----', '^----'],
    ['empty', '  --|  ', '--|', '  ^-!'],
    ['one', '    -g-|', '-g-|', ' ^--!'],
    ['many', '   gogg|', 'gogg|', '^---!'],
    ['error', '  g-#  ', 'g-#', '  ^-!'],
    ['endless', 'g-g-g', 'g-g-g', '^----'],
  ])('should leave finite steps and other events alone: %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<typeof good | typeof other>(given.trim(), events);
      expectObservable(source.pipe(watchFinite(1))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
    });
  });

  test('should put a warning after a skipped step', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('g--b----g--|   ', events);
      const expected = '   g--(bW)-g--|   ';
      expectObservable(source.pipe(watchFinite(2))).toBe(expected, { ...events, W: warned(1, 2) });
    });
  });

  test('should end with an error at the last that is allowed, in place of the step', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('b----b--g--|   ', events);
      const subs = '       ^----!         ';
      const expected = '   (bW)-#         ';
      expectObservable(source.pipe(watchFinite(2))).toBe(expected, { ...events, W: warned(1, 2) }, failure);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expect(failure.term).toBe('gradient');
      expect(failure.message).toMatch(/2 steps in a row .*last: gradient.*lower learning_rate/);
    });
  });

  test('should say so where a loss or gradient was exactly 0', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('z----z', { z: stepEvent(2, { applied: false, zero: 'loss' }) });
      const message = 'step 2 was skipped: its loss is exactly 0 (1 of 2 in a row)';
      expectObservable(source.pipe(watchFinite(2))).toBe(
        '(zW)-#',
        { z: stepEvent(2, { applied: false, zero: 'loss' }), W: { type: 'warning', about: 'step', message } },
        new NonFiniteLossError('loss', 2, 'exactly 0'),
      );
    });
    expect(new NonFiniteLossError('loss', 2, 'exactly 0').message).toMatch(
      /2 steps in a row had a loss or gradient that was exactly 0 \(last: loss\); the engine does not compute/,
    );
  });

  test('should count anew after a step that was applied, but not after other events', () => {
    marbles(({ cold, expectObservable }) => {
      const values = { ...events, W: warned(1, 2) };
      const apart = cold(' b----g-b----|', events);
      const between = cold('b----o-b----|', events);
      expectObservable(apart.pipe(watchFinite(2))).toBe('  (bW)-g-(bW)-|', values);
      expectObservable(between.pipe(watchFinite(2))).toBe('(bW)-o-#', values, failure);
    });
  });

  test('should name the loss where the term is not known', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('b', { b: stepEvent(2, { applied: false, nonFinite: null }) });
      expectObservable(source.pipe(watchFinite(1))).toBe('#', {}, new NonFiniteLossError('loss', 1));
    });
  });

  test('should unsubscribe, and count anew for each subscriber', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('b----b--', events);
      const values = { ...events, W: warned(1, 2) };
      const watched = source.pipe(watchFinite(2));
      expectObservable(watched, '^--!').toBe('(bW)', values);
      expectObservable(watched, '----^---!').toBe('----(bW)', values);
      expectSubscriptions(source.subscriptions).toBe(['^--!', '----^---!']);
    });
  });

  test.each([-1, 0.5, Number.NaN])('should refuse the limit %d', (limit) => {
    expect(() => watchFinite(limit)).toThrow(
      'watchFinite: limit must be an integer of at least 0 or Infinity, got',
    );
  });
});
