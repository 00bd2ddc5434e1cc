import type { NvaeConfig } from '../../../config/types.js';
import { defaultMemoryLimit } from '../../../data/imageCache.js';
import type { TrainOptions } from '../trainOptions.js';

/** The decoded images that a run keeps in memory. */
export function decodedBytes(
  { model }: NvaeConfig,
  { cache }: TrainOptions,
  { length }: { readonly length: number },
): number {
  const { memoryLimit = defaultMemoryLimit } = cache ?? {};
  return Math.min(memoryLimit, length * model.inputDimension ** 2 * model.imageChannels);
}
