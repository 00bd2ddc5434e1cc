/** A run while it lasts: what `train` opens before its first step and closes at the end. */
import { join } from 'node:path';
import { ReplaySubject } from 'rxjs';
import {
  type Checkpoint,
  checkpointExists,
  type DataPosition,
  loadCheckpoint,
  saveCheckpoint,
} from '../../checkpoint/checkpoint.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { spaceWarning } from '../../checkpoint/freeSpace.js';
import { lockRun, type RunLock } from '../../checkpoint/runLock.js';
import { snakeCase } from '../../config/camelCase.js';
import { messageOf } from '../../config/errors.js';
import type { ModelConfig, NvaeConfig } from '../../config/types.js';
import { type ImageCache, imageCache } from '../../data/imageCache.js';
import type { ImageFile } from '../../data/imageFile.js';
import { listImages } from '../../data/listImages.js';
import { Trainer } from '../../training/trainer.js';
import type { WarningEvent } from '../events.js';
import { warning } from '../events.js';
import type { TrainOptions } from '../train.js';
import type { TrainerLike } from '../trainerLike.js';
import type { WriteCheckpointsOptions } from '../writeCheckpoints.js';
import { listenForControls, type RunControls } from './controls.js';
import { type SkippedImages, skippedImages } from './skippedImages.js';
import { startOfData } from './startOfData.js';

/** Weights and the optimiser's two moments. */
const bytesPerParameter = 12;

type Warn = (about: string, message: string) => void;
type Save = NonNullable<WriteCheckpointsOptions['save']>;

export interface Run {
  readonly config: NvaeConfig;
  readonly trainer: TrainerLike;
  readonly files: readonly ImageFile[];
  readonly cache: ImageCache;
  readonly checkpointPath: string;
  readonly modelPath: string;
  /** Warnings from now on, and those since the start. */
  readonly warnings$: ReplaySubject<WarningEvent>;
  readonly controls: RunControls;
  /** What is told of images that are skipped. */
  readonly skipped: SkippedImages;
  /** Where to go on in the data. */
  readonly start: DataPosition;
  readonly resumed: boolean;
  /** `save`, but `close` waits for it: nobody else may have the run's files while one of them is written. */
  save(save?: Save): Save;
  close(): Promise<void>;
}

/**
 * Everything is checked before anything is allocated: the dataset, that nobody else trains this run, the checkpoint,
 * then the model.
 * @throws DatasetError, RunInUseError, CheckpointError, RangeError
 */
export async function openRun(config: NvaeConfig, options: TrainOptions): Promise<Run> {
  const { dataset = 'dataset', weightsFolder = 'saved_weights', picturesFolder = 'images' } = options;
  const controls = listenForControls(options);
  try {
    const warnings: string[] = [];
    const files = await listImages(dataset, {
      onWarning: (message) => warnings.push(message),
      except: [join(picturesFolder, config.name)],
      picturesFolder,
    });
    const lock = await lockRun(join(weightsFolder, `${config.name}.lock`));
    try {
      return await openLocked(config, options, { files, warnings, controls, lock });
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    controls.release();
    throw error;
  }
}

interface Opened {
  readonly files: readonly ImageFile[];
  /** Of the dataset. */
  readonly warnings: readonly string[];
  readonly controls: RunControls;
  readonly lock: RunLock;
}

async function openLocked(config: NvaeConfig, options: TrainOptions, opened: Opened): Promise<Run> {
  const { files, warnings, controls, lock } = opened;
  const { weightsFolder = 'saved_weights' } = options;
  const checkpointPath = join(weightsFolder, `${config.name}.checkpoint`);
  const warnings$ = new ReplaySubject<WarningEvent>(100);
  const warn = (about: string, message: string) => warnings$.next(warning(about, message));
  for (const message of warnings) warn('dataset', message);
  const checkpoint = await previousState(checkpointPath, config, warn);
  const start = await startOfData(checkpoint, files, (message) => warn('dataset', message));
  const trainer = await createdTrainer(config, options, checkpoint, checkpointPath);
  const parameters = trainer.model.parameterCount;
  const space = await spaceWarning(checkpointPath, parameters * bytesPerParameter);
  if (space !== null) warn('checkpoint', space);
  const cache = imageCache(options.cache);
  const writes = new Set<Promise<void>>();
  return {
    config,
    trainer,
    files,
    cache,
    checkpointPath,
    modelPath: join(weightsFolder, `final_result_${config.name}.model`),
    warnings$,
    controls,
    start,
    skipped: skippedImages((message) => warn('dataset', message)),
    resumed: checkpoint !== null,
    save:
      (save = saveCheckpoint) =>
      (path, content) => {
        const write = save(path, content);
        const done = write.catch(() => undefined).finally(() => writes.delete(done));
        writes.add(done);
        return write;
      },
    async close() {
      controls.release();
      try {
        await Promise.all(writes);
        await lock.release();
      } finally {
        await Promise.all([trainer.dispose(), cache.close()]);
      }
    },
  };
}

async function createdTrainer(
  config: NvaeConfig,
  { createTrainer = Trainer.create, seed = config.training.seed }: TrainOptions,
  checkpoint: Checkpoint | null,
  checkpointPath: string,
): Promise<TrainerLike> {
  const trainer = await createTrainer(config, { seed });
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
