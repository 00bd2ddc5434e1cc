import { asyncScheduler, concatMap, NEVER, type Observable, type SchedulerLike, timer } from 'rxjs';

/** JavaScript timers hold at most this many milliseconds (24 days); a longer one fires at once. */
const longest = 2 ** 31 - 1;

/** Emits once after any number of milliseconds, and completes. Never emits if the number is infinite. */
export function longTimer(
  milliseconds: number,
  scheduler: SchedulerLike = asyncScheduler,
): Observable<unknown> {
  if (milliseconds === Number.POSITIVE_INFINITY) return NEVER;
  if (milliseconds <= longest) return timer(milliseconds, scheduler);
  return timer(longest, scheduler).pipe(concatMap(() => longTimer(milliseconds - longest, scheduler)));
}
