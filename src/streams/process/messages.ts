/** What a run's process and the one that watches it tell each other. */
import type { NvaeConfig } from '../../config/types.js';
import type { TrainEvent } from '../run/events.js';
import type { PlainError } from '../run/plainError.js';
import type { RunCommand } from '../run/runCommand.js';
import type { TrainOptions } from '../run/trainOptions.js';

/** The options of `train` that are plain data. */
export type PlainTrainOptions = Pick<
  TrainOptions,
  | 'name'
  | 'datasetPatience'
  | 'weightsFolder'
  | 'picturesFolder'
  | 'runsFolder'
  | 'seed'
  | 'seconds'
  | 'takeOver'
  | 'prefetch'
  | 'cache'
  | 'previews'
> & {
  /** Folder of images, flat or nested. @default 'dataset' */
  readonly dataset?: string;
  /** How checkpoints are written. */
  readonly checkpoints?: Omit<NonNullable<TrainOptions['checkpoints']>, 'save'>;
};

export type ToWorker =
  | {
      readonly type: 'start';
      readonly config: NvaeConfig;
      readonly engine: string;
      readonly options: PlainTrainOptions;
    }
  | { readonly type: 'command'; readonly command: RunCommand }
  /** Stop at the next step and only release. */
  | { readonly type: 'abort' };

export type FromWorker =
  | { readonly type: 'event'; readonly event: TrainEvent }
  /** Nothing follows these two. */
  | { readonly type: 'error'; readonly error: PlainError }
  | { readonly type: 'complete' };
