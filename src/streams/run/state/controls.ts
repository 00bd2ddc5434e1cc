import { map, merge, NEVER, type Observable } from 'rxjs';
import { longTimer } from '../../flow/longTimer.js';
import type { TrainOptions } from '../trainOptions.js';
import type { RunInput } from './runState.js';

/** Turns commands, a stop and the time limit into events of the run's state. */
export function controls({
  commands$ = NEVER,
  stop$ = NEVER,
  seconds,
  scheduler,
}: TrainOptions): Observable<RunInput> {
  const limit$ = seconds === undefined ? NEVER : longTimer(seconds * 1000, scheduler);
  return merge(
    limit$.pipe(map((): RunInput => ({ type: 'timeUp' }))),
    stop$.pipe(map((): RunInput => ({ type: 'command', command: 'stop' }))),
    commands$.pipe(map((command): RunInput => ({ type: 'command', command }))),
  );
}
