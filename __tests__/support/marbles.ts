/** Marble tests in virtual time. */
import { expect } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

export type Helpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

export function marbles(check: (helpers: Helpers, scheduler: TestScheduler) => void): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => check(helpers, scheduler));
}

/** A projection that emits its value after the given marbles. */
export function late(cold: Helpers['cold'], timing: string) {
  return (value: string): Observable<string> => cold(timing).pipe(map(() => value));
}
