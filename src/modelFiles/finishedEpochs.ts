import { imagesOf } from '../base/imagesOf.js';
import type { Checkpoint } from '../checkpoint/checkpointContent.js';

/** How far a run is, in epochs. */
export interface FinishedEpochs {
  /** Number of finished epochs, which is the epoch of the next step. */
  readonly epoch: number;
  /** Number of images taken in that epoch; 0 between two epochs. */
  readonly imagesTaken: number;
}

/** Returns how many epochs a run has finished, and how far it is in the one after them. */
export function finishedEpochs({ config, state, dataPosition }: Checkpoint): FinishedEpochs {
  const { epoch, batchInEpoch } = state.position;
  if (!dataPosition) return { epoch, imagesTaken: batchInEpoch * config.training.batchSize };
  const { epoch: dataEpoch, imagesTaken, dataset } = dataPosition;
  const images = dataset === undefined ? null : imagesOf(dataset);
  const wasWhole = images !== null && imagesTaken >= images;
  return wasWhole ? { epoch: dataEpoch + 1, imagesTaken: 0 } : { epoch: dataEpoch, imagesTaken };
}
