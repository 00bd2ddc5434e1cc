/** The content of a checkpoint, and how it is stored in a file. Works without Node. */
import { checkFinite } from './finite.js';
import type { ModelFileContent } from './modelContent.js';
import type { Snapshot } from './snapshot.js';
import type { ValidationRecord } from './validationRecord.js';

/** Position of a run in its dataset. */
export interface DataPosition {
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Number of image files taken in that epoch's order, including those that could not be decoded. */
  readonly imagesTaken: number;
  /** Fingerprint of the list of files from which the order was drawn. */
  readonly dataset?: string;
}

/** Everything a run needs to resume; plain data. */
export interface Checkpoint extends Snapshot {
  /** Absent if the snapshot was made outside a data pipeline. */
  readonly dataPosition?: DataPosition;
  /** Absent if the run has not been measured on held-out images. */
  readonly validation?: ValidationRecord;
}

/** @throws CheckpointError when a value is not finite */
export function contentOf(checkpoint: Checkpoint, where: string): ModelFileContent {
  const { config, tensors, state, dataPosition, validation } = checkpoint;
  checkFinite(where, tensors);
  const { position } = state;
  const metadata = {
    epoch: String(position.epoch),
    step: String(position.step),
    images_seen: String(position.imagesSeen),
    seed: String(state.seed),
    state: JSON.stringify(state),
    ...(dataPosition && { data_position: JSON.stringify(dataPosition) }),
    ...(validation && { validation: JSON.stringify(validation) }),
  };
  return { kind: 'checkpoint', config, tensors, metadata };
}
