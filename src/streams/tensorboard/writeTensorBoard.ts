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

export interface WriteTensorBoardOptions {
  /** Of this run alone; every session adds a file to it. */
  readonly folder: string;
  /** Milliseconds after which what waits is written, if nothing else has it written before. @default 5000 */
  readonly interval?: number;
  /** Bytes that wait, beyond which they are written. @default 65 536 */
  readonly bytes?: number;
  /** Writes, and pictures to be read, that may wait; of more the oldest is left out, with a warning. @default 64 */
  readonly waiting?: number;
  /** Each value has what waits written at once. @default never */
  readonly flush$?: Observable<unknown>;
  /** For the interval and the time of an entry. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Appends to the log; is done when it completes. @default to a new event file in `folder` */
  readonly append?: (bytes: Uint8Array) => ObservableInput<unknown>;
  /** Calls of `append` before the first is done, for one that keeps their order by itself. @default 1 */
  readonly atOnce?: number;
}

/**
 * The numbers and pictures of a run as a TensorBoard log; the x-axis is images seen.
 *
 *     events             s-t-t-t-t-c-t-|
 *     written            ----------W---(W|)      (at a checkpoint and at the end; else after `interval` or `bytes`)
 *     writeTensorBoard   --------------|         warnings only
 *
 * A step costs the making of some hundred bytes. One write at a time; all is written when it completes. A disk that
 * hangs makes `waiting` writes wait, beyond which the oldest are left out and counted in a warning. A session begins
 * with a mark: TensorBoard then forgets what an earlier one has logged behind the checkpoint that this one goes on from.
 * Ownership: the log's file is closed at the end, and on an unsubscribe behind the running write. An error of the file
 * passes through: see `sideStream`; a picture that cannot be read is a warning.
 *
 * @throws RangeError at call time when `interval`, `bytes`, `waiting` or `atOnce` is no positive integer
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

/** What the log has of the events; pictures as soon as they are read, which numbers do not wait for. */
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

/** Entries that are written at once: those of an interval, of so many bytes, or up to a checkpoint. */
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
