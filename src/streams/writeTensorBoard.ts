import {
  asyncScheduler,
  auditTime,
  buffer,
  concat,
  concatMap,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  ignoreElements,
  map,
  merge,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  of,
  type SchedulerLike,
  scan,
  toArray,
} from 'rxjs';
import { type TrainEvent, type WarningEvent, warning } from './events.js';
import { newestMap } from './newestMap.js';
import { type Entry, entryOf, pictureRecord } from './tensorboard/entry.js';
import { eventFile } from './tensorboard/eventFile.js';

export interface WriteTensorBoardOptions {
  /** Of this run alone; every session adds a file to it. */
  readonly folder: string;
  /** Milliseconds after which what waits is written, if nothing else has it written before. @default 5000 */
  readonly interval?: number;
  /** Bytes of numbers that wait, beyond which they are written. @default 65 536 */
  readonly bytes?: number;
  /** Writes that may wait for a slow one; of more the oldest is left out, with a warning. @default 64 */
  readonly waiting?: number;
  /** For the interval and the time of an entry. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Appends to the log; is done when it completes. @default to a new event file in `folder` */
  readonly append?: (bytes: Uint8Array) => ObservableInput<unknown>;
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
 * @throws RangeError at call time when `interval`, `bytes` or `waiting` is no positive integer
 */
export function writeTensorBoard(
  options: WriteTensorBoardOptions,
): OperatorFunction<TrainEvent, WarningEvent> {
  const { folder, interval = 5000, bytes = 65_536, waiting = 64, scheduler = asyncScheduler } = options;
  for (const [name, value] of Object.entries({ interval, bytes, waiting })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`writeTensorBoard: expected ${name} to be a positive integer, got ${value}`);
    }
  }
  return (events) =>
    defer(() => {
      const file = eventFile(folder, () => scheduler.now());
      const { append = file.append } = options;
      let left = 0;
      const leftOut = () => {
        const count = left;
        left = 0;
        const what = `${count} events were left out, because writing is too slow`;
        return count > 0 ? of(warning('tensorboard', `${folder}: ${what}`)) : EMPTY;
      };
      const written$ = events.pipe(
        map((event) => entryOf(event, scheduler.now() / 1000)),
        filter((entry) => entry !== null),
        together(interval, bytes, scheduler),
        newestMap((entries) => concat(written(entries, append), defer(leftOut)), {
          waiting,
          onDrop: ({ length }) => {
            left += length;
          },
        }),
      );
      const closed$ = defer(() => file.close()).pipe(ignoreElements());
      return concat(written$, closed$).pipe(finalize(() => void file.close().catch(() => undefined)));
    });
}

/** Entries that are written at once: those of an interval, of so many bytes, or up to a checkpoint. */
function together(
  interval: number,
  bytes: number,
  scheduler: SchedulerLike,
): OperatorFunction<Entry, Entry[]> {
  return connect((entries) => {
    const full$ = entries.pipe(
      scan((sum, { size }) => (sum >= bytes ? size : sum + size), 0),
      filter((sum) => sum >= bytes),
    );
    const last$ = entries.pipe(filter(({ last }) => last));
    const due$ = merge(entries.pipe(auditTime(interval, scheduler)), full$, last$);
    return entries.pipe(
      buffer(due$),
      filter((some) => some.length > 0),
    );
  });
}

/** One append for all of them. */
function written(
  entries: readonly Entry[],
  append: (bytes: Uint8Array) => ObservableInput<unknown>,
): Observable<WarningEvent> {
  return from(entries).pipe(
    concatMap(({ content, wallTime }) =>
      'type' in content ? pictureRecord(content, wallTime) : of(content),
    ),
    toArray(),
    concatMap((parts) => {
      const bytes = Buffer.concat(parts.filter((part): part is Uint8Array => !('type' in part)));
      const appended$ = bytes.length > 0 ? defer(() => append(bytes)).pipe(ignoreElements()) : EMPTY;
      return concat(from(parts.filter((part): part is WarningEvent => 'type' in part)), appended$);
    }),
  );
}
