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

/** Those that say what will be there after a kill. */
const promises: ReadonlySet<TrainEvent['type']> = new Set(['checkpoint', 'stopped', 'finished']);

/**
 * The events of a run in their order, each that promises something behind the logs of what was told before it.
 *
 *     events       p-c-t---|
 *     inLogs         ---|
 *     behindLogs   p----(ct)|
 *
 * A checkpoint is saved behind the logs of its own time; what is told while it is being written is handed to them
 * meanwhile. `inLogs` is done when all that they were given so far is on disk. Events that come meanwhile wait, and so
 * do an error and the end: it has to end by itself on a disk that hangs.
 */
export function behindLogs(inLogs: () => ObservableInput<unknown>): MonoTypeOperatorFunction<TrainEvent> {
  return (events) =>
    events.pipe(
      materialize(),
      concatMap((told) =>
        told.kind === 'N' && promises.has(told.value.type)
          ? concat(defer(inLogs).pipe(ignoreElements()), of(told))
          : of(told),
      ),
      dematerialize(),
    );
}
