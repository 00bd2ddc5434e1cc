/** What a checkpoint is, and how it lies in a file. Needs no Node. */
import { checkFinite } from './finite.js';
import type { ModelFileContent } from './modelContent.js';
import type { Snapshot } from './snapshot.js';

/** How far a run is in its data. */
export interface DataPosition {
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Image files of that epoch's order that have been taken, those that could not be decoded included. */
  readonly imagesTaken: number;
  /** Fingerprint of the list of files that the order was drawn from. */
  readonly dataset?: string;
}

/** Everything a run needs to resume; plain data. */
export interface Checkpoint extends Snapshot {
  /** Absent where the snapshot was made outside a data pipeline. */
  readonly dataPosition?: DataPosition;
}

/** @throws CheckpointError when a value is not finite */
export function contentOf(checkpoint: Checkpoint, where: string): ModelFileContent {
  const { config, tensors, state, dataPosition } = checkpoint;
  checkFinite(where, tensors);
  const { position } = state;
  const metadata = {
    epoch: String(position.epoch),
    step: String(position.step),
    images_seen: String(position.imagesSeen),
    seed: String(state.seed),
    state: JSON.stringify(state),
    ...(dataPosition && { data_position: JSON.stringify(dataPosition) }),
  };
  return { kind: 'checkpoint', config, tensors, metadata };
}
