import type { Observable, SchedulerLike } from 'rxjs';
import type { ModelData } from '../../checkpoint/weightsOf.js';
import type { NvaeConfig } from '../../config/types.js';
import type { Dataset } from '../../data/dataset.js';
import type { DatasetPath } from '../../data/datasetPath.js';
import type { ImageCacheOptions } from '../../data/imageCache.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import type { LossFunction } from '../../training/lossFunction.js';
import type { Augmentation } from '../images/augment.js';
import type { WriteCheckpointsOptions } from '../writers/writeCheckpoints.js';
import type { WritePreviewsOptions } from '../writers/writePreviews.js';
import type { RunCommand } from './runCommand.js';
import type { TrainerLike } from './trainerLike.js';

/** Options of `train`: where a run reads and writes, how it trains, and what controls it. All are optional. */
export interface TrainOptions {
  /** Name of the run, in the names of its files and folders and in its `started` event. @default config.name */
  readonly name?: string;
  /**
   * Folder of images, with or without subfolders, or what else `datasetAt` takes; several of them, joined as `joinDatasets` does; or any
   * `Dataset`. @default 'dataset'
   */
  readonly dataset?: string | readonly (string | DatasetPath)[] | Dataset;
  /**
   * Changes each image after the augmentation of the configuration, but before `binarize`. Its random draws depend only on the seed, the epoch and the
   * image's name, so a resumed run draws the same. If it throws, the run ends. @default none
   */
  readonly augment?: Augmentation;
  /** Adds terms to the loss, or replaces them; `StepEvent.terms` reports their values. @default the default terms */
  readonly loss?: LossFunction;
  /**
   * Seconds to keep trying, with a warning for each try, while no image of the dataset can be read; then the run fails.
   * @default 30 if its files are gone, 600 if they exist but cannot be read
   */
  readonly datasetPatience?: number;
  /** Folder of the checkpoint, the final model and the lock. @default 'saved_weights' */
  readonly weightsFolder?: string;
  /** Folder of previews; each run has its own subfolder. @default 'images' */
  readonly picturesFolder?: string;
  /**
   * Folder of logs; the TensorBoard log and the journal of each run are in its own subfolder. null: no logs.
   * @default 'runs'
   */
  readonly runsFolder?: string | null;
  /** Seed of a new run: an integer. A resumed run keeps the seed of its checkpoint. @default config.training.seed */
  readonly seed?: number;
  /**
   * Model that a new run takes its weights and running averages from: a file (also one of PyTorch), or a model as plain data; the
   * moving average of its weights (`ema`), if it has one. The optimiser starts afresh, at epoch 0. A run that has a checkpoint refuses it. @default random weights
   */
  readonly initFrom?: string | ModelData;
  /**
   * Takes only the tensors of `initFrom` that have a name and a shape of the run's model, with a warning that names the others.
   * @default false: a tensor that does not fit is an error
   */
  readonly initPartial?: boolean;
  /** When it emits, the running step finishes, the checkpoint is written and the stream completes. @default never */
  readonly stop$?: Observable<unknown>;
  /** Commands to the running training. @default none */
  readonly commands$?: Observable<RunCommand>;
  /** When it aborts, the stream completes after the running step without saving. @default never */
  readonly signal?: AbortSignal;
  /** Seconds after which the run stops as with `stop$`, but also writes previews. @default no limit */
  readonly seconds?: number;
  /**
   * Takes the run over from a process that seems to be training it. If that process is alive, its run fails with a
   * `RunTakenOverError`. @default false
   */
  readonly takeOver?: boolean;
  /**
   * Number of batches prepared while a step is running: an integer of at least 1.
   * @default 8, fewer if their pixels would take more than 64 MiB, but at least 2
   */
  readonly prefetch?: number;
  /** Where and how many decoded images are cached. @default 1 GiB in memory, the rest in a file */
  readonly cache?: ImageCacheOptions;
  /**
   * New images in the previews: how many, their temperature, and the iterations of the batch-norm re-adjustment before sampling.
   * @default 9 samples, temperature 0.7, 10 iterations
   */
  readonly previews?: Pick<WritePreviewsOptions, 'samples' | 'temperature' | 'iterations'>;
  /** Retries when a checkpoint cannot be written, and another way to save it. @default 3 retries, saveCheckpoint */
  readonly checkpoints?: Omit<WriteCheckpointsOptions, 'path' | 'scheduler' | 'clock'>;
  /**
   * Trains on all ranks of a group together, each of which calls `train` with the same configuration and dataset. Each step takes one
   * batch, of which every rank loads and computes its share. Rank 0 reads and writes all files, emits all events, and follows `commands$`
   * and `seconds`; the streams of the others emit `started` and `finished` or `stopped`. `stop$` of any rank stops all. The caller closes
   * the group. @default this process alone
   */
  readonly group?: ProcessGroup;
  /** Creates the trainer on the engine in use. The run owns it and disposes it at its end. @default Trainer.create */
  readonly createTrainer?: (
    config: NvaeConfig,
    options: { readonly seed: number; readonly loss?: LossFunction; readonly group?: ProcessGroup },
  ) => Promise<TrainerLike>;
  /** Scheduler of delays and time limits. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Clock of durations, in milliseconds. It must be monotonic, unlike a system clock. @default performance */
  readonly clock?: { now(): number };
}
