/** The state of a run between two steps, as plain data. */
import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';

/** How far a run is, in finished steps. */
export interface Position {
  /** Epoch of the last step, from 0 for the first epoch; 0 before the first step. */
  readonly epoch: number;
  /** Number of batches in that epoch. */
  readonly batchInEpoch: number;
  /** Number of batches in all epochs. */
  readonly step: number;
  /** Number of images in all epochs; an image counts once in each. */
  readonly imagesSeen: number;
}

/** Everything in a run except tensors; plain JSON. */
export interface TrainerState {
  /** Seed of the run. */
  readonly seed: number;
  /** How far the run is. */
  readonly position: Position;
  /** Number of updates by the optimiser; fewer than steps if some were skipped. */
  readonly optimizerUpdates: number;
  /** Number of updates in the moving average of the weights. @default there is no average */
  readonly emaUpdates?: number | undefined;
}

/**
 * The state of a run: parameters, running averages, optimiser slots (`adamax.*`) and the moving average of the weights (`ema.*`) under
 * PyTorch's names, the vectors of the spectral regularisation if it has any, and the rest as JSON.
 */
export interface Snapshot {
  /** The run's configuration. */
  readonly config: NvaeConfig;
  /** All tensors by name. */
  readonly tensors: NamedTensors;
  /** Everything else. */
  readonly state: TrainerState;
}
