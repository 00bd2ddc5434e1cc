/** The state of a run between two steps, as plain data. */
import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';

/** What has been finished. */
export interface Position {
  /** Epoch of the last step, from 0 for the first epoch; 0 before the first step. */
  readonly epoch: number;
  /** Batches of that epoch. */
  readonly batchInEpoch: number;
  /** Batches of all epochs. */
  readonly step: number;
  readonly imagesSeen: number;
}

/** All of a run besides tensors; plain JSON. */
export interface TrainerState {
  readonly seed: number;
  readonly position: Position;
  /** Updates that the optimiser has made; fewer than steps where some were skipped. */
  readonly optimizerUpdates: number;
}

/** A run at rest: parameters, running averages and optimiser slots under PyTorch's names, and the rest as JSON. */
export interface Snapshot {
  readonly config: NvaeConfig;
  readonly tensors: NamedTensors;
  readonly state: TrainerState;
}
