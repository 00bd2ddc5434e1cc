/** Where a run goes on in its data, and what is told where these are not the data that it learned from. */
import type { Checkpoint, DataPosition } from '../../../checkpoint/checkpoint.js';
import { datasetChange, datasetIdentity, imagesOf } from '../../../data/datasetIdentity.js';
import type { ImageFile } from '../../../data/imageFile.js';

export async function startOfData(
  checkpoint: Checkpoint | null,
  files: readonly ImageFile[],
  warn: (message: string) => void,
): Promise<DataPosition> {
  const dataset = await datasetIdentity(files);
  if (!checkpoint) return { epoch: 0, imagesTaken: 0, dataset };
  const position = checkpoint.dataPosition ?? trainerPosition(checkpoint);
  const before = position.dataset ?? null;
  const change = before === null ? null : datasetChange(before, dataset);
  const wasWhole = position.imagesTaken >= ((before === null ? null : imagesOf(before)) ?? files.length);
  const within = position.imagesTaken > 0 && !wasWhole;
  if (change) warn(changeWords(change.words, within && change.order));
  if (wasWhole) return { epoch: position.epoch + 1, imagesTaken: 0, dataset };
  // Of a dataset that has shrunk nothing may be left to take: then the epoch ends at once, as it should.
  return { epoch: position.epoch, imagesTaken: Math.min(position.imagesTaken, files.length), dataset };
}

/** Of a snapshot that was made outside a data pipeline. */
function trainerPosition({ state, config }: Checkpoint): DataPosition {
  const { epoch, batchInEpoch } = state.position;
  return { epoch, imagesTaken: batchInEpoch * config.training.batchSize };
}

function changeWords(what: string, inAnotherOrder: boolean): string {
  const order = inAnotherOrder
    ? '. The rest of this epoch comes in another order: some images may come twice in it, others not at all'
    : '';
  const remedy =
    'to learn these from scratch, pass another --name; to go on with the former ones, pass their --dataset';
  return `the dataset is not that of the checkpoint (${what}); the run goes on from its weights: ${remedy}${order}`;
}
