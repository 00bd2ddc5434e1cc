import { describe, expect, test } from '@jest/globals';
import { VirtualTimeScheduler } from 'rxjs';
import { longTimer } from '../../../src/streams/flow/longTimer.js';

const day = 24 * 3600 * 1000;

describe('longTimer', () => {
  test.each([0, 1, 2 ** 31 - 1, 2 ** 31, 30 * day, 400 * day])(
    'should emit once after %d ms',
    (milliseconds) => {
      const scheduler = new VirtualTimeScheduler();
      scheduler.maxFrames = Number.POSITIVE_INFINITY;
      const told: (number | string)[] = [];
      longTimer(milliseconds, scheduler).subscribe({
        next: () => told.push(scheduler.frame),
        complete: () => told.push('over'),
      });
      scheduler.flush();
      expect(told).toEqual([milliseconds, 'over']);
    },
  );

  test('should not fire at once where a timer of JavaScript would', async () => {
    let fired = false;
    const timers = [30 * day, Number.MAX_VALUE, Number.POSITIVE_INFINITY].map((milliseconds) =>
      longTimer(milliseconds).subscribe(() => {
        fired = true;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(fired).toBe(false);
    for (const timer of timers) timer.unsubscribe();
  });
});
