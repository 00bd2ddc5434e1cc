import type { NvaeConfig } from '../../config/types.js';

/** Turns of the event loop that an image takes from its file to its pixels: status, open, size, read, metadata, decode. */
const turns = 6;

const mostBytes = 2 ** 26;

/**
 * How many batches to prepare while a step is running. A native step is one turn of the event loop, so that each batch gets one turn
 * per step, however fast its files are: with fewer batches, the steps would wait. At most 64 MiB of pixels, but at least 2 batches.
 */
export function batchesAhead({ model, training }: Pick<NvaeConfig, 'model' | 'training'>): number {
  const { inputDimension, imageChannels } = model;
  const bytes = training.batchSize * inputDimension ** 2 * imageChannels;
  return Math.max(2, Math.min(turns + 2, Math.floor(mostBytes / bytes)));
}
