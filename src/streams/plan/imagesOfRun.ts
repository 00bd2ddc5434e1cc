import type { NvaeConfig } from '../../config/types.js';
import type { DatasetPath } from '../../data/datasetPath.js';
import { listItems } from '../../data/listItems.js';
import { datasetOfRun } from '../run/opening/datasetOfRun.js';
import { heldOutImages } from '../run/opening/heldOutImages.js';
import type { PlannedImages } from './planTraining.js';

/**
 * Counts the images that a run learns from and those that it is measured on; nothing is decoded.
 * @throws DatasetError when the dataset cannot be used
 */
export async function imagesOfRun(
  config: NvaeConfig,
  paths: readonly DatasetPath[],
  { signal, onWarning }: { readonly signal: AbortSignal; readonly onWarning: (message: string) => void },
): Promise<PlannedImages> {
  const options = { dataset: paths };
  const dataset = await datasetOfRun(config, options);
  try {
    const listed = await listItems(dataset, { signal, onWarning });
    const given = { dataset, items: listed };
    const { items, validation } = await heldOutImages(config, options, given, { signal, onWarning });
    if (validation && validation.dataset !== dataset) await validation.dataset.close?.();
    return { training: items.length, validation: validation?.items.length ?? 0 };
  } finally {
    await dataset.close?.();
  }
}
