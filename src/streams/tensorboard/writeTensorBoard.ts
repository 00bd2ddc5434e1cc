import {
  asyncScheduler,
  auditTime,
  buffer,
  concat,
  connect,
  defer,
  EMPTY,
  endWith,
  filter,
  finalize,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  type SchedulerLike,
  scan,
  takeUntil,
} from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { eventFile } from '../../logs/tensorboard/eventFile.js';
import { dropCounter } from '../flow/dropCounter.js';
import { newestMap } from '../flow/newestMap.js';
import type { PreviewEvent, TrainEvent, WarningEvent } from '../run/events.js';
import { type Entry, entryOf, pictureEntry } from './entry.js';

/** Options of `writeTensorBoard`. */
export interface WriteTensorBoardOptions {
  /** A folder for this run only; every session adds a file to it. */
  readonly folder: string;
  /** Longest time in milliseconds before entries are written. @default 5000 */
  readonly interval?: number;
  /** Number of bytes after which entries are written at once. @default 65 536 */
  readonly bytes?: number;
  /** Number of waiting writes and pictures to read; one more drops the oldest, with a warning. @default 64 */
  readonly waiting?: number;
  /** When it emits, all entries are written at once. @default never */
  readonly flush$?: Observable<unknown>;
  /** Scheduler for the interval and the times of entries. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Appends to the log; completes when done. @default appends to a new event file in `folder` */
  readonly append?: (bytes: Uint8Array) => ObservableInput<unknown>;
  /** Number of `append` calls that may run at once, if `append` itself keeps their order. @default 1 */
  readonly atOnce?: number;
}

/**
 * Writes the losses and pictures of a run as a TensorBoard log; the x-axis is images seen.
 *
 *     events             s-t-t-t-t-c-t-|
 *     written            ----------W---(W|)      (at a checkpoint and at the end; else after `interval` or `bytes`)
 *     writeTensorBoard   --------------|         warnings only
 *
 * A step takes some hundred bytes. Writes one chunk at a time; everything is written when the stream completes. If the disk is too
 * slow, the oldest waiting writes are dropped, and a warning counts them. A session starts with a marker, so that TensorBoard
 * discards steps that an earlier session logged after the checkpoint from which this one resumes. A picture that cannot be read
 * causes a warning; an error of the log's file is passed on: use `sideStream`.
 * Ownership: the file is closed at the end, or, after an unsubscribe, when the running write is done.
 *
 * @param options the folder, and when to write
 * @throws RangeError at call time when `interval`, `bytes`, `waiting` or `atOnce` is not a positive integer
 *
 * @example
 * ```ts
 * import { loadConfig, sideStream, train, useEngine, writeTensorBoard } from 'rx-nvae';
 *
 * await useEngine();
 * train(await loadConfig('demo'), { runsFolder: null })
 *   .pipe(sideStream('tensorboard', writeTensorBoard({ folder: 'runs/mine' })))
 *   .subscribe();
 * ```
 */
export function writeTensorBoard(
  options: WriteTensorBoardOptions,
): OperatorFunction<TrainEvent, WarningEvent> {
  const { folder, interval = 5000, bytes = 65_536, waiting = 64, atOnce = 1 } = options;
  const { flush$ = NEVER, scheduler = asyncScheduler } = options;
  for (const [name, value] of Object.entries({ interval, bytes, waiting, atOnce })) {
    checkCount('writeTensorBoard', name, value);
  }
  return (events) =>
    defer(() => {
      const file = eventFile(folder, () => scheduler.now());
      const { append = file.append } = options;
      const drops = dropCounter('tensorboard', folder);
      const appended = (entries: readonly Entry[]) => {
        const all = Buffer.concat(entries.map((entry) => entry.bytes));
        const appended$ = all.length > 0 ? defer(() => append(all)).pipe(ignoreElements()) : EMPTY;
        return concat(appended$, drops.warning$);
      };
      const written$ = events.pipe(
        logged(scheduler, waiting, drops.add),
        connect((all) =>
          merge(
            all.pipe(filter((one) => one.type === 'warning')),
            all.pipe(
              filter((one) => one.type === 'entry'),
              together(interval, bytes, flush$, scheduler),
              newestMap(appended, { waiting, atOnce, onDrop: ({ length }) => drops.add(length) }),
            ),
          ),
        ),
      );
      const closed$ = defer(() => file.close()).pipe(ignoreElements());
      return concat(written$, closed$).pipe(finalize(() => void file.close().catch(() => undefined)));
    });
}

/** Entries of the events. Numbers do not wait for pictures; those are added when they have been read. */
function logged(
  clock: { now(): number },
  waiting: number,
  drop: (count: number) => void,
): OperatorFunction<TrainEvent, Entry | WarningEvent> {
  const seconds = () => clock.now() / 1000;
  return connect((events) => {
    const numbers$ = events.pipe(
      map((event) => entryOf(event, seconds())),
      filter((entry) => entry !== null),
    );
    const pictures$ = events.pipe(
      filter((event): event is PreviewEvent => event.type === 'preview'),
      map((event) => ({ event, time: seconds() })),
      newestMap(({ event, time }) => pictureEntry(event, time), { waiting, onDrop: () => drop(1) }),
    );
    return merge(numbers$, pictures$);
  });
}

/** Entries to write together: those of an interval, up to a number of bytes, or up to a checkpoint. */
function together(
  interval: number,
  bytes: number,
  flush$: Observable<unknown>,
  scheduler: SchedulerLike,
): OperatorFunction<Entry, Entry[]> {
  return connect((entries) => {
    const full$ = entries.pipe(
      scan((sum, { bytes: { length } }) => (sum >= bytes ? length : sum + length), 0),
      filter((sum) => sum >= bytes),
    );
    const last$ = entries.pipe(filter(({ last }) => last));
    const asked$ = flush$.pipe(takeUntil(entries.pipe(ignoreElements(), endWith(null))));
    const due$ = merge(entries.pipe(auditTime(interval, scheduler)), full$, last$, asked$);
    return entries.pipe(
      buffer(due$),
      filter((some) => some.length > 0),
    );
  });
}
