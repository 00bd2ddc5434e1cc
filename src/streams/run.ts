/** A run while it lasts: what `train` opens before its first step and closes at the end. */
import { join } from 'node:path';
import {
  fromEvent,
  map,
  merge,
  NEVER,
  type Observable,
  ReplaySubject,
  type Subscription,
  take,
  timer,
} from 'rxjs';
import {
  type Checkpoint,
  checkpointExists,
  type DataPosition,
  loadCheckpoint,
} from '../checkpoint/checkpoint.js';
import { CheckpointError } from '../checkpoint/checkpointError.js';
import { snakeCase } from '../config/camelCase.js';
import type { ModelConfig, NvaeConfig } from '../config/types.js';
import { Trainer } from '../training/trainer.js';
import type { StoppedEvent, WarningEvent } from './events.js';
import { warning } from './events.js';
import { type ImageCache, imageCache } from './imageCache.js';
import { type ImageFile, listImages } from './images.js';
import type { TrainOptions } from './train.js';
import type { TrainerLike } from './trainerLike.js';

export type StopReason = StoppedEvent['reason'];

export interface Run {
  readonly config: NvaeConfig;
  readonly trainer: TrainerLike;
  readonly files: readonly ImageFile[];
  readonly cache: ImageCache;
  readonly checkpointPath: string;
  readonly modelPath: string;
  /** Warnings from now on, and those since the start. */
  readonly warnings$: ReplaySubject<WarningEvent>;
  /** Replays the first reason to stop. */
  readonly stop$: Observable<StopReason>;
  /** Where to go on in the data. */
  readonly start: DataPosition;
  readonly resumed: boolean;
  close(): Promise<void>;
}

/**
 * Everything is checked before anything is allocated: the dataset, then the checkpoint, then the model.
 * @throws DatasetError, CheckpointError, RangeError
 */
export async function openRun(config: NvaeConfig, options: TrainOptions): Promise<Run> {
  const { dataset = 'dataset', weightsFolder = 'saved_weights', createTrainer = Trainer.create } = options;
  const checkpointPath = join(weightsFolder, `${config.name}.checkpoint`);
  const warnings$ = new ReplaySubject<WarningEvent>(100);
  const files = await listImages(dataset);
  const checkpoint = await previousState(checkpointPath, config, warnings$);
  warnOfWhatDoesNotAct(config, warnings$);
  const trainer = await createTrainer(config, { seed: options.seed ?? config.training.seed });
  try {
    if (checkpoint) await trainer.restore(checkpoint);
  } catch (error) {
    await trainer.dispose();
    throw new CheckpointError(checkpointPath, 'does not fit the model', { cause: error });
  }
  const cache = imageCache(options.cache);
  const { stop$, release } = stopSignal(options);
  return {
    config,
    trainer,
    files,
    cache,
    checkpointPath,
    modelPath: join(weightsFolder, `final_result_${config.name}.model`),
    warnings$,
    stop$,
    start: startOf(checkpoint, files.length),
    resumed: checkpoint !== null,
    async close() {
      release.unsubscribe();
      await Promise.all([trainer.dispose(), cache.close()]);
    },
  };
}

async function previousState(
  path: string,
  config: NvaeConfig,
  warnings$: ReplaySubject<WarningEvent>,
): Promise<Checkpoint | null> {
  if (!(await checkpointExists(path))) return null;
  const onWarning = (message: string) => warnings$.next(warning('checkpoint', message));
  const checkpoint = await loadCheckpoint(path, { onWarning });
  const changed = changedKeys(checkpoint.config.model, config.model);
  if (changed.length > 0) {
    const remedy = 'undo the change, or give the changed configuration a name of its own';
    throw new CheckpointError(
      path,
      `expected the architecture of its run, got ${changed.join(', ')}; ${remedy}`,
    );
  }
  return checkpoint;
}

/** One phrase per key of the architecture that differs. */
function changedKeys(before: ModelConfig, now: ModelConfig): string[] {
  const keys = Object.keys(now) as (keyof ModelConfig)[];
  return keys
    .filter((key) => before[key] !== now[key])
    .map((key) => `${snakeCase(key)} ${now[key]} (was ${before[key]})`);
}

function warnOfWhatDoesNotAct({ training }: NvaeConfig, warnings$: ReplaySubject<WarningEvent>): void {
  const warn = (message: string) => warnings$.next(warning('configuration', message));
  if (training.halfPrecision) warn('half_precision is not available yet; training in float32');
  if (training.useTensorCheckpoints)
    warn('use_tensor_checkpoints is not available yet; activations are kept');
}

function startOf(checkpoint: Checkpoint | null, images: number): DataPosition {
  if (!checkpoint) return { epoch: 0, imagesTaken: 0 };
  const { epoch, batchInEpoch } = checkpoint.state.position;
  const imagesTaken = batchInEpoch * checkpoint.config.training.batchSize;
  const position = checkpoint.dataPosition ?? { epoch, imagesTaken };
  return position.imagesTaken < images ? position : { epoch: position.epoch + 1, imagesTaken: 0 };
}

/** The first reason to stop, kept for whoever asks later. */
function stopSignal({ stop$ = NEVER, seconds, scheduler }: TrainOptions): {
  stop$: Observable<StopReason>;
  release: Subscription;
} {
  const reasons = new ReplaySubject<StopReason>(1);
  const limit$ = seconds === undefined ? NEVER : timer(seconds * 1000, scheduler);
  const first$ = merge(
    stop$.pipe(map((): StopReason => 'stop')),
    limit$.pipe(map((): StopReason => 'seconds')),
  ).pipe(take(1));
  const release = first$.subscribe({
    next: (reason) => reasons.next(reason),
    error: (e) => reasons.error(e),
  });
  return { stop$: reasons, release };
}

/** Emits once when the signal aborts, at once where it already has. */
export function aborted(signal: AbortSignal | undefined): Observable<unknown> {
  if (!signal) return NEVER;
  return signal.aborted ? timer(0) : fromEvent(signal, 'abort').pipe(take(1));
}
