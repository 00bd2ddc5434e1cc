import type { Observable, SchedulerLike } from 'rxjs';
import type { NvaeConfig } from '../../config/types.js';
import type { Dataset } from '../../data/dataset.js';
import type { ImageCacheOptions } from '../../data/imageCache.js';
import type { LossFunction } from '../../training/lossFunction.js';
import type { Augmentation } from '../images/augment.js';
import type { WriteCheckpointsOptions } from '../writers/writeCheckpoints.js';
import type { WritePreviewsOptions } from '../writers/writePreviews.js';
import type { RunCommand } from './runCommand.js';
import type { TrainerLike } from './trainerLike.js';

export interface TrainOptions {
  /** Of the run, in the names of its files and folders and in its events. @default config.name */
  readonly name?: string;
  /** Folder of images, flat or nested, or a dataset of any origin. @default 'dataset' */
  readonly dataset?: string | Dataset;
  /**
   * Varies each image after the augmentation of the configuration. What it draws depends on the seed, the epoch and the image's
   * name only, so a resumed run draws the same. What it throws ends the run. @default none
   */
  readonly augment?: Augmentation;
  /** Adds terms to the loss, or replaces them; `StepEvent.terms` reports their values. @default the default terms */
  readonly loss?: LossFunction;
  /**
   * Seconds to wait, with a warning for each try, while nothing of the dataset can be read; then the run ends.
   * @default 30 if its files are gone, 600 if they are there and cannot be read
   */
  readonly datasetPatience?: number;
  /** Folder of the checkpoint and the final model. @default 'saved_weights' */
  readonly weightsFolder?: string;
  /** Pictures go to a folder in it that has the run's name. @default 'images' */
  readonly picturesFolder?: string;
  /** TensorBoard's log and the journal go to a folder in it that has the run's name; null for none. @default 'runs' */
  readonly runsFolder?: string | null;
  /** Of a new run; one that is resumed keeps its own. @default config.training.seed */
  readonly seed?: number;
  /** Its first value lets the running step finish, writes the checkpoint and completes. @default never */
  readonly stop$?: Observable<unknown>;
  /** What else is asked of the run while it lasts. @default never */
  readonly commands$?: Observable<RunCommand>;
  /** Its abort ends the stream at the next step boundary and only releases. */
  readonly signal?: AbortSignal;
  /** Stop after so many seconds, as `stop$` does. @default no limit */
  readonly seconds?: number;
  /** Take the run over from whoever has it: one that lives ends with a `RunTakenOverError`. @default false */
  readonly takeOver?: boolean;
  /** Batches made ahead of the running step. @default 2 */
  readonly prefetch?: number;
  /** What is kept of decoded images. */
  readonly cache?: ImageCacheOptions;
  /** New images in the previews, and how they are drawn. */
  readonly previews?: Pick<WritePreviewsOptions, 'samples' | 'temperature' | 'iterations'>;
  /** How checkpoints are written. */
  readonly checkpoints?: Omit<WriteCheckpointsOptions, 'path' | 'scheduler' | 'clock'>;
  /** Makes the trainer, on the engine that is in use. @default Trainer.create */
  readonly createTrainer?: (
    config: NvaeConfig,
    options: { readonly seed: number; readonly loss?: LossFunction },
  ) => Promise<TrainerLike>;
  /** For delays and time limits. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** For durations, in milliseconds; one that is set right while it runs would not do. @default performance */
  readonly clock?: { now(): number };
}
