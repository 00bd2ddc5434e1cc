/** A run while it lasts: what `train` opens before its first step and closes at the end. */
import { join } from 'node:path';
import { type Observable, ReplaySubject, Subject } from 'rxjs';
import { snakeCase } from '../../../base/camelCase.js';
import { messageOf } from '../../../base/errors.js';
import { syncWarning } from '../../../base/sync.js';
import { checkpointExists, loadCheckpoint } from '../../../checkpoint/checkpoint.js';
import type { Checkpoint, DataPosition } from '../../../checkpoint/checkpointContent.js';
import { CheckpointError } from '../../../checkpoint/checkpointError.js';
import { spaceWarning } from '../../../checkpoint/freeSpace.js';
import { lockRun, type RunLock } from '../../../checkpoint/lock/lockRun.js';
import type { ModelConfig, NvaeConfig } from '../../../config/types.js';
import type { Dataset } from '../../../data/dataset.js';
import { folderDataset } from '../../../data/folderDataset.js';
import { type ImageCache, imageCache } from '../../../data/imageCache.js';
import { listItems } from '../../../data/listItems.js';
import { Trainer } from '../../../training/trainer.js';
import { journalName } from '../../journal/entry.js';
import type { WriteCheckpointsOptions } from '../../writers/writeCheckpoints.js';
import { type SkippedImages, skippedImages } from '../epochs/skippedImages.js';
import type { WarningEvent } from '../events.js';
import { warning } from '../events.js';
import type { TrainerLike } from '../trainerLike.js';
import type { TrainOptions } from '../trainOptions.js';
import type { RunWriter } from '../writer/runWriter.js';
import { startWriterThread, type WriterThread } from '../writer/writerThread.js';
import { type ListedDataset, startOfData } from './startOfData.js';

/** Weights and the optimiser's two moments. */
const bytesPerParameter = 12;

type Warn = (about: string, message: string) => void;
type Save = NonNullable<WriteCheckpointsOptions['save']>;

export interface Run extends ListedDataset {
  readonly config: NvaeConfig;
  readonly trainer: TrainerLike;
  readonly cache: ImageCache;
  readonly checkpointPath: string;
  readonly modelPath: string;
  /** Warnings from now on, and those since the start. */
  readonly warnings$: ReplaySubject<WarningEvent>;
  /** Warnings of images that are skipped. */
  readonly skipped: SkippedImages;
  /** Where to go on in the data. */
  readonly start: DataPosition;
  readonly resumed: boolean;
  /** Its thread: what it is given before a checkpoint is on disk before that. */
  readonly writer: RunWriter;
  /** Asks all who hold back parts of a log to hand them to `writer`. */
  readonly flush$: Observable<void>;
  /** Done when what the logs were told so far is on disk, or a disk that hangs was waited for. */
  flushed(): Promise<void>;
  /** An error where the run's files are not ours any more. */
  readonly lost$: Observable<never>;
  /**
   * Saves by way of `writer`, or by `save`, behind the logs of what came before. `close` waits for it: nobody else may
   * have the run's files while one of them is written.
   */
  save(save?: Save): Save;
  close(): Promise<void>;
}

interface OpeningControls {
  /** Aborts when nobody waits for the run any more. */
  readonly signal: AbortSignal;
  /** Emits, or fails, when the run is to stop. */
  readonly stop$: Observable<unknown>;
  /** Is told of what the opening waits for. */
  readonly warn: (event: WarningEvent) => void;
}

/**
 * Everything is checked before anything is allocated: the dataset, that nobody else trains this run, the checkpoint,
 * then the model. An abort or a stop ends the waiting for somebody who may be gone; `warn` is told of it.
 * @throws DatasetError, RunInUseError, CheckpointError, RangeError
 */
export async function openRun(
  config: NvaeConfig,
  options: TrainOptions,
  { signal, stop$, warn }: OpeningControls,
): Promise<Run> {
  const { weightsFolder = 'saved_weights', takeOver = false } = options;
  const left = AbortSignal.any([signal, ...(options.signal ? [options.signal] : [])]);
  const unwanted = new AbortController();
  const unlisten = stop$.subscribe({ next: () => unwanted.abort(), error: () => unwanted.abort() });
  try {
    const warnings: string[] = [];
    const dataset = datasetOfRun(config, options);
    const items = await listItems(dataset, {
      signal: left,
      onWarning: (message) => warnings.push(message),
    });
    const lock = await lockRun(join(weightsFolder, `${config.name}.lock`), {
      takeOver,
      signal: AbortSignal.any([left, unwanted.signal]),
      onWait: (message) => warn(warning('lock', message)),
    });
    if (signal.aborted) lock.leave();
    signal.addEventListener('abort', lock.leave, { once: true });
    let writer: WriterThread | null = null;
    try {
      writer = startWriterThread({
        lock: { path: lock.path, holder: lock.holder },
        ...logsOf(config.name, options),
      });
      return await openLocked(config, options, { dataset, items, left, warnings, lock, writer });
    } catch (error) {
      await writer?.close();
      await lock.release();
      throw error;
    }
  } finally {
    unlisten.unsubscribe();
  }
}

/** A folder leaves out the pictures of the run itself. */
function datasetOfRun(
  { name, training }: NvaeConfig,
  { dataset = 'dataset', picturesFolder = 'images' }: TrainOptions,
): Dataset {
  if (typeof dataset !== 'string') return dataset;
  const { maxPixels } = training;
  return folderDataset(dataset, { maxPixels, except: [join(picturesFolder, name)], picturesFolder });
}

interface Opened extends ListedDataset {
  /** Aborts when nobody waits for the run any more. */
  readonly left: AbortSignal;
  /** Of the dataset. */
  readonly warnings: readonly string[];
  readonly lock: RunLock;
  readonly writer: WriterThread;
}

function logsOf(name: string, { runsFolder = 'runs' }: TrainOptions) {
  if (runsFolder === null) return { tensorBoard: null, journal: null };
  return { tensorBoard: join(runsFolder, name), journal: join(runsFolder, name, journalName) };
}

async function openLocked(config: NvaeConfig, options: TrainOptions, opened: Opened): Promise<Run> {
  const { dataset, items, left, warnings, lock, writer } = opened;
  const { weightsFolder = 'saved_weights' } = options;
  const checkpointPath = join(weightsFolder, `${config.name}.checkpoint`);
  const warnings$ = new ReplaySubject<WarningEvent>(100);
  const warn = (about: string, message: string) => warnings$.next(warning(about, message));
  for (const message of warnings) warn('dataset', message);
  const checkpoint = await previousState(checkpointPath, config, warn);
  await writer.ready(); // from now on it takes what is told as soon as that is
  const start = await startOfData(checkpoint, opened, {
    signal: left,
    warn: (message) => warn('dataset', message),
  });
  const trainer = await createdTrainer(config, options, checkpoint, checkpointPath);
  const parameters = trainer.model.parameterCount;
  const space = await spaceWarning(checkpointPath, parameters * bytesPerParameter);
  if (space !== null) warn('checkpoint', space);
  const unsynced = await syncWarning(weightsFolder);
  if (unsynced !== null) warn('checkpoint', unsynced);
  const cache = imageCache(options.cache);
  const flush$ = new Subject<void>();
  const writes = new Set<Promise<void>>();
  return {
    config,
    trainer,
    dataset,
    items,
    cache,
    checkpointPath,
    modelPath: join(weightsFolder, `final_result_${config.name}.model`),
    warnings$,
    start,
    skipped: skippedImages((message) => warn('dataset', message)),
    resumed: checkpoint !== null,
    writer,
    flush$,
    flushed() {
      flush$.next();
      return writer.flush();
    },
    lost$: writer.lost$,
    save:
      (save = writer.save) =>
      (path, content) => {
        flush$.next();
        const write =
          save === writer.save ? save(path, content) : writer.ready().then(() => save(path, content));
        const done = write.catch(() => undefined).finally(() => writes.delete(done));
        writes.add(done);
        return write;
      },
    async close() {
      try {
        await Promise.all(writes);
        await writer.close();
        await lock.release();
      } finally {
        await Promise.all([trainer.dispose(), cache.close()]);
      }
    },
  };
}

async function createdTrainer(
  config: NvaeConfig,
  { createTrainer = Trainer.create, seed = config.training.seed, loss }: TrainOptions,
  checkpoint: Checkpoint | null,
  checkpointPath: string,
): Promise<TrainerLike> {
  const trainer = await createTrainer(config, { seed, ...(loss && { loss }) });
  try {
    if (checkpoint) await trainer.restore(checkpoint);
    return trainer;
  } catch (error) {
    await trainer.dispose();
    const problem = `does not fit the model: ${messageOf(error)}`;
    throw new CheckpointError(checkpointPath, problem, { cause: error });
  }
}

async function previousState(path: string, config: NvaeConfig, warn: Warn): Promise<Checkpoint | null> {
  if (!(await checkpointExists(path))) return null;
  const checkpoint = await loadCheckpoint(path, { onWarning: (message) => warn('checkpoint', message) });
  const changed = changedKeys(checkpoint.config.model, config.model);
  if (changed.length > 0) {
    const remedy = 'undo the change, or start a run of another name (--name)';
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
