import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  AsyncSubject,
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  defer,
  from,
  ignoreElements,
  map,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  of,
  type SchedulerLike,
  throwError,
} from 'rxjs';
import { checkAmount, checkLimit } from '../../base/checkNumbers.js';
import { messageOf } from '../../base/errors.js';
import type { Checkpoint, DataPosition } from '../../checkpoint/checkpointContent.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { RunTakenOverError } from '../../checkpoint/lock/errors.js';
import { saveCheckpoint } from '../../checkpoint/saveCheckpoint.js';
import type { Snapshot } from '../../checkpoint/snapshot.js';
import { longTimer } from '../flow/longTimer.js';
import { newestMap } from '../flow/newestMap.js';
import { type CheckpointEvent, type WarningEvent, warning } from '../run/events.js';

/** Options of `writeCheckpoints`. */
export interface WriteCheckpointsOptions<Saved extends ObservableInput<unknown> = Promise<void>> {
  /** The checkpoint's file. */
  readonly path: string;
  /** Number of retries after the first failed try. @default 3 */
  readonly retries?: number;
  /** Milliseconds before the first retry, doubled before each further one. @default 1000 */
  readonly retryDelay?: number;
  /** Folder for the state if `path` cannot be written. @default the system's temporary folder */
  readonly fallbackFolder?: string;
  /** Scheduler of the delays. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Clock of durations, in milliseconds; it must be monotonic. @default performance */
  readonly clock?: { now(): number };
  /** Writes a checkpoint; completes when done. @default saveCheckpoint */
  readonly save?: (path: string, checkpoint: Checkpoint) => Saved;
}

/** A position at which to write a checkpoint. */
export interface CheckpointPosition extends DataPosition {
  /** What the run has measured on held-out images so far. @default nothing */
  readonly validation?: Checkpoint['validation'] | null;
}

type Options = WriteCheckpointsOptions<ObservableInput<unknown>>;

/**
 * Writes a checkpoint at each position: the trainer's state after the steps so far.
 *
 *     positions          a---------b----------|
 *     save               ---|      --#----|        (b: the first try fails)
 *     writeCheckpoints   ---A--------w----B---|    w: a warning, then again after `retryDelay`
 *
 * The state is taken when the position arrives, so steps may continue while it is written. If writing is slower than positions
 * arrive, only the newest waits; the last is always written. A failed try causes a warning, and the delay doubles before each
 * further one. After the last try the state is saved in `fallbackFolder`, and the stream fails with an error that says where.
 * Ownership: the trainer stays the caller's.
 *
 * @param trainer the trainer whose state is saved
 * @param options file, retries, delays
 * @throws RangeError at call time when `retries` or `retryDelay` is out of range
 * @throws CheckpointError in the stream when a checkpoint cannot be written to its file
 *
 * @example
 * ```ts
 * import { batch, decodeImages, images, loadConfig, Trainer, trainStep, useEngine, writeCheckpoints } from 'rx-nvae';
 * import { filter, finalize } from 'rxjs';
 *
 * await useEngine();
 * const config = await loadConfig('demo');
 * const trainer = await Trainer.create(config);
 * images('photos')
 *   .pipe(
 *     decodeImages({ size: config.model.inputDimension, channels: config.model.imageChannels }),
 *     batch(config.training.batchSize),
 *     trainStep(trainer),
 *     filter(({ step }) => step % 100 === 0),
 *     writeCheckpoints(trainer, { path: 'mine.checkpoint' }),
 *     finalize(() => void trainer.dispose()),
 *   )
 *   .subscribe(({ type }) => console.log(type));
 * ```
 */
export function writeCheckpoints(
  trainer: { snapshot(): ObservableInput<Snapshot> },
  options: WriteCheckpointsOptions<ObservableInput<unknown>>,
): OperatorFunction<CheckpointPosition, CheckpointEvent | WarningEvent> {
  const { retries = 3, retryDelay = 1000 } = options;
  checkLimit('writeCheckpoints', 'retries', retries);
  checkAmount('writeCheckpoints', 'retryDelay', retryDelay);
  return (positions) =>
    positions.pipe(
      map(({ epoch, imagesTaken, dataset, validation }) => {
        const dataPosition: DataPosition = { epoch, imagesTaken, ...(dataset !== undefined && { dataset }) };
        const snapshot = new AsyncSubject<Snapshot>();
        from(trainer.snapshot()).subscribe(snapshot);
        return { more: { dataPosition, ...(validation && { validation }) }, snapshot };
      }),
      newestMap(({ more, snapshot }) =>
        snapshot.pipe(concatMap((state) => written({ ...state, ...more }, options))),
      ),
    );
}

function written(checkpoint: Checkpoint, options: Options): Observable<CheckpointEvent | WarningEvent> {
  const { path, retries = 3, retryDelay = 1000, scheduler = asyncScheduler } = options;
  const { clock = performance, save = saveCheckpoint } = options;
  const begin = clock.now();
  const done = (): CheckpointEvent => {
    const seconds = (clock.now() - begin) / 1000;
    return { type: 'checkpoint', path, ...checkpoint.state.position, seconds };
  };
  const tryNumber = (number: number): Observable<CheckpointEvent | WarningEvent> =>
    concat(
      defer(() => save(path, checkpoint)).pipe(ignoreElements()),
      defer(() => of(done())),
    ).pipe(
      catchError((error: unknown) => {
        if (error instanceof RunTakenOverError) return throwError(() => error);
        const delay = retryDelay * 2 ** (number - 1);
        const last = number > retries;
        const next = last ? 'saving the state elsewhere' : `again in ${delay / 1000} s`;
        const message = `${path}: try ${number} of ${retries + 1} failed (${reasonOf(error)}); ${next}`;
        const again$ = longTimer(delay, scheduler).pipe(concatMap(() => tryNumber(number + 1)));
        return concat(of(warning('checkpoint', message)), last ? rescue(error, checkpoint, options) : again$);
      }),
    );
  return tryNumber(1);
}

/** Saves the state in the fallback folder; always fails, with an error that says where the state is. */
function rescue(error: unknown, checkpoint: Checkpoint, options: Options): Observable<never> {
  const { path, fallbackFolder = tmpdir(), save = saveCheckpoint } = options;
  const elsewhere = join(fallbackFolder, `rescued-${process.pid}-${basename(path)}`);
  const step = checkpoint.state.position.step;
  const why = `the checkpoint after step ${step} could not be written (${reasonOf(error)})`;
  const failed = (what: string) =>
    throwError(() => new CheckpointError(path, `${why}${what}`, { cause: error }));
  const saved$ = defer(() => save(elsewhere, checkpoint)).pipe(
    ignoreElements(),
    catchError((second: unknown) => {
      return failed(
        `, nor could it be saved elsewhere (${messageOf(second)}); an earlier checkpoint, if there is one, is intact`,
      );
    }),
  );
  return concat(saved$, failed(`; the state is in ${elsewhere}: copy it to ${path} to resume from it`));
}

/** The reason without the file name, which the message contains already. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof CheckpointError && error.cause !== undefined ? error.cause : error);
}
