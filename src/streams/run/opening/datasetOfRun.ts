import { join } from 'node:path';
import type { NvaeConfig } from '../../../config/types.js';
import type { Dataset } from '../../../data/dataset.js';
import { datasetAt } from '../../../data/datasetAt.js';
import { type DatasetPart, joinDatasets } from '../../../data/joined/joinDatasets.js';
import type { TrainOptions } from '../trainOptions.js';
import { datasetPaths } from './datasetPaths.js';

/** The dataset of the run; a folder leaves out the pictures that the run writes and a folder of held-out images. */
export async function datasetOfRun(
  { name, training }: NvaeConfig,
  { dataset, picturesFolder = 'images' }: TrainOptions,
): Promise<Dataset> {
  const paths = datasetPaths(dataset);
  if (paths === null) return dataset as Dataset;
  const { maxPixels, validation } = training;
  const except = [join(picturesFolder, name)];
  const elsewhere = validation.folder ?? undefined;
  const parts: DatasetPart[] = [];
  for (const { path, repeat = 1 } of paths) {
    parts.push({ dataset: await datasetAt(path, { maxPixels, except, elsewhere, picturesFolder }), repeat });
  }
  const [first] = parts;
  return first && parts.length === 1 && first.repeat === 1 ? first.dataset : joinDatasets(parts);
}
