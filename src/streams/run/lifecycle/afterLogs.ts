import {
  concat,
  concatMap,
  defer,
  dematerialize,
  ignoreElements,
  type MonoTypeOperatorFunction,
  materialize,
  type ObservableInput,
  of,
} from 'rxjs';
import type { TrainEvent } from '../events.js';

/** Events after which nothing reported before them may be lost, even if the process is killed. */
const guarantees: ReadonlySet<TrainEvent['type']> = new Set(['checkpoint', 'stopped', 'finished']);

/**
 * The events of a run in their order, with `checkpoint`, `stopped` and `finished` delayed until the logs of all events
 * before them are on disk.
 *
 *     events      p-c-s---|
 *     flushed       ---|
 *     afterLogs   p----(cs)|
 *
 * Events that arrive meanwhile wait, and so do an error and the end.
 *
 * @param flushed completes when the logs of all events so far are on disk; it must complete even if a disk hangs
 */
export function afterLogs(flushed: () => ObservableInput<unknown>): MonoTypeOperatorFunction<TrainEvent> {
  return (events) =>
    events.pipe(
      materialize(),
      concatMap((notification) =>
        notification.kind === 'N' && guarantees.has(notification.value.type)
          ? concat(defer(flushed).pipe(ignoreElements()), of(notification))
          : of(notification),
      ),
      dematerialize(),
    );
}
