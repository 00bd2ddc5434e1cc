/** Messages between the process of a run and its supervisor. */
import type { NvaeConfig } from '../../config/types.js';
import type { DatasetPath } from '../../data/datasetPath.js';
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
  | 'initPartial'
  | 'prefetch'
  | 'cache'
  | 'previews'
> & {
  /** Folder of images, or what else `datasetAt` takes; or several of them. @default 'dataset' */
  readonly dataset?: string | readonly (string | DatasetPath)[];
  /** File of the model that a new run takes its weights and running averages from. @default random weights */
  readonly initFrom?: string;
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
  /** Stop before the next step and release everything without saving. */
  | { readonly type: 'abort' };

export type FromWorker =
  | { readonly type: 'event'; readonly event: TrainEvent }
  /** One of these two is the last message. */
  | { readonly type: 'error'; readonly error: PlainError }
  | { readonly type: 'complete' };
