import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  from,
  map,
  type OperatorFunction,
  retry,
  type SchedulerLike,
  timer,
} from 'rxjs';
import { type Checkpoint, type DataPosition, saveCheckpoint } from '../checkpoint/checkpoint.js';
import { CheckpointError } from '../checkpoint/checkpointError.js';
import { messageOf } from '../config/errors.js';
import type { CheckpointEvent } from './events.js';
import { newestMap } from './newestMap.js';
import type { TrainerLike } from './trainerLike.js';

export interface WriteCheckpointsOptions {
  readonly path: string;
  /** Writes after the first that fails. @default 3 */
  readonly retries?: number;
  /** Milliseconds between them. @default 1000 */
  readonly retryDelay?: number;
  /** Folder where the state is saved when `path` cannot be written. @default the system's temporary folder */
  readonly fallbackFolder?: string;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** @default saveCheckpoint */
  readonly save?: (path: string, checkpoint: Checkpoint) => Promise<void>;
}

/**
 * A checkpoint for each position that comes: the state that the trainer has after the steps made so far.
 *
 *     positions          a---------b--|
 *     writeCheckpoints   ----A--------B|
 *
 * The state is taken when the position comes, so steps may go on while it is written. Where writing is slower than what
 * comes, only the newest waits; the last is always written. A write that fails is tried again; then the state is saved
 * in `fallbackFolder`, and the stream ends with an error that says where it is.
 *
 * @throws CheckpointError in the stream when a checkpoint could not be written to its place
 */
export function writeCheckpoints(
  trainer: Pick<TrainerLike, 'snapshot'>,
  options: WriteCheckpointsOptions,
): OperatorFunction<DataPosition, CheckpointEvent> {
  return (positions) =>
    positions.pipe(
      map(({ epoch, imagesTaken, dataset }) => {
        const dataPosition: DataPosition = { epoch, imagesTaken, ...(dataset !== undefined && { dataset }) };
        const snapshot = trainer.snapshot();
        snapshot.catch(() => undefined); // seen by the write, if it comes to that
        return { dataPosition, snapshot };
      }),
      newestMap(({ dataPosition, snapshot }) =>
        defer(async () => ({ ...(await snapshot), dataPosition })).pipe(written(options)),
      ),
    );
}

function written(options: WriteCheckpointsOptions): OperatorFunction<Checkpoint, CheckpointEvent> {
  const { path, retries = 3, retryDelay = 1000, scheduler = asyncScheduler, save = saveCheckpoint } = options;
  return concatMap((checkpoint) => {
    const begin = scheduler.now();
    const write = defer(() => save(path, checkpoint)).pipe(
      retry({ count: retries, delay: () => timer(retryDelay, scheduler) }),
    );
    return write.pipe(
      map((): CheckpointEvent => {
        const seconds = (scheduler.now() - begin) / 1000;
        return { type: 'checkpoint', path, ...checkpoint.state.position, seconds };
      }),
      catchError((error: unknown) => from(rescue(error, checkpoint, options))),
    );
  });
}

/** Saves the state elsewhere; always throws, with what became of it. */
async function rescue(
  error: unknown,
  checkpoint: Checkpoint,
  options: WriteCheckpointsOptions,
): Promise<never> {
  const { path, fallbackFolder = tmpdir(), save = saveCheckpoint } = options;
  const elsewhere = join(fallbackFolder, `rescued-${process.pid}-${basename(path)}`);
  const step = checkpoint.state.position.step;
  const cause = { cause: error };
  const why = `the checkpoint after step ${step} could not be written (${messageOf(error)})`;
  try {
    await save(elsewhere, checkpoint);
  } catch (second) {
    const what = `${why}, nor could it be saved elsewhere (${messageOf(second)}); the one before it is whole`;
    throw new CheckpointError(path, what, cause);
  }
  throw new CheckpointError(
    path,
    `${why}; the state is in ${elsewhere}: copy it to ${path} to go on from it`,
    cause,
  );
}
