import { expect, test } from '@jest/globals';
import { stopwatch } from '../../../../src/streams/run/validation/stopwatch.js';

test('a stopwatch should not count the times for which it is held', () => {
  let now = 1000;
  const watch = stopwatch({ now: () => now });
  now += 2000;
  watch.hold(true);
  now += 5000;
  watch.hold(true);
  expect(watch.seconds()).toBe(2);
  watch.hold(false);
  watch.hold(false);
  now += 1000;
  expect(watch.seconds()).toBe(3);
});
