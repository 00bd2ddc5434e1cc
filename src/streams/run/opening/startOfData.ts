/** Where a run resumes in its dataset, with a warning if the dataset differs from the one it was trained on. */
import { imagesOf } from '../../../base/imagesOf.js';
import type { Checkpoint, DataPosition } from '../../../checkpoint/checkpointContent.js';
import type { Dataset, DatasetItem, ItemList } from '../../../data/dataset.js';
import { datasetChange, datasetIdentity } from '../../../data/datasetIdentity.js';

export interface ListedDataset {
  readonly dataset: Dataset;
  /** The items to learn from: those that the dataset lists, without held-out ones. */
  readonly items: ItemList<DatasetItem>;
}

export async function startOfData(
  checkpoint: Checkpoint | null,
  { dataset: source, items, listed }: ListedDataset & { readonly listed: ItemList<DatasetItem> },
  { signal, warn }: { readonly signal: AbortSignal; readonly warn: (message: string) => void },
): Promise<DataPosition> {
  const dataset = await datasetIdentity(source, items, signal, listed);
  if (!checkpoint) return { epoch: 0, imagesTaken: 0, dataset };
  const position = checkpoint.dataPosition ?? trainerPosition(checkpoint);
  const before = position.dataset ?? null;
  const change = before === null ? null : datasetChange(before, dataset);
  const wasWhole = position.imagesTaken >= ((before === null ? null : imagesOf(before)) ?? items.length);
  const within = position.imagesTaken > 0 && !wasWhole;
  if (change) warn(changeWords(change.words, within && change.order));
  if (wasWhole) return { epoch: position.epoch + 1, imagesTaken: 0, dataset };
  // A dataset that has shrunk may have no images left for this epoch: then the epoch ends at once, as it should.
  return { epoch: position.epoch, imagesTaken: Math.min(position.imagesTaken, items.length), dataset };
}

/** The position for a snapshot made outside a data pipeline. */
function trainerPosition({ state, config }: Checkpoint): DataPosition {
  const { epoch, batchInEpoch } = state.position;
  return { epoch, imagesTaken: batchInEpoch * config.training.batchSize };
}

function changeWords(what: string, inAnotherOrder: boolean): string {
  const order = inAnotherOrder
    ? '. The order of the rest of this epoch has changed: it may contain some images twice and others not at all'
    : '';
  const remedy =
    'to train on it from scratch, pass another --name; to use the previous one, pass its --dataset';
  return `the dataset has changed since the checkpoint (${what}); training continues with it: ${remedy}${order}`;
}
