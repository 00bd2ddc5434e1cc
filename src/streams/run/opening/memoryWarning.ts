import { type Memory, memory } from '../../../base/memory.js';
import type { NvaeConfig } from '../../../config/types.js';
import { engineInUse } from '../../../engine/index.js';
import { fittingSettings, settingOptions } from '../../../training/fittingSettings.js';
import { peakBytes, trainingMemory } from '../../../training/trainingMemory.js';

/**
 * A warning for users if a run will not fit into the memory that is free, with settings that do; null if it fits. Computed from shapes,
 * before anything is allocated.
 *
 * @param cached bytes of decoded images that the run keeps
 */
export function memoryWarning(
  config: NvaeConfig,
  cached: number,
  { free }: Pick<Memory, 'free'> = memory(),
): string | null {
  const { name, training } = config;
  const needed = peakBytes(trainingMemory(config), training.batchSize) + cached;
  if (needed <= free) return null;
  const [need, has] = [needed, free].map(gigabytes);
  const batches = `${name} in batches of ${training.batchSize}`;
  const problem = `${batches} needs about ${need} of memory at its peak, but ${has} are free`;
  const options = { limit: free - cached, hasHalfPrecision: engineInUse()?.name === 'native' };
  const remedies = fittingSettings(config, options).map((settings) => settingOptions(config, settings));
  if (remedies.length > 0) return `${problem}; free some memory, or pass ${remedies.join(', or ')}`;
  return `${problem}, too little for one image at a time; free some memory, or choose a smaller model`;
}

interface Neighbourhood {
  /** Number of ranks that share a batch. */
  readonly ranks: number;
  /** Number of ranks on this machine. */
  readonly neighbours: number;
}

/** The same for a rank of a group, which shares the batches with all ranks, and the memory with those on its machine. */
export function memoryWarningOfRank(
  config: NvaeConfig,
  cached: number,
  { ranks, neighbours }: Neighbourhood,
  { free }: Pick<Memory, 'free'> = memory(),
): string | null {
  const { name, training } = config;
  const images = Math.ceil(training.batchSize / ranks);
  const needed = (peakBytes(trainingMemory(config), images) + cached) * neighbours;
  if (needed <= free) return null;
  const here = neighbours === 1 ? 'a rank' : `${neighbours} ranks on one machine`;
  const problem = `${name} needs about ${gigabytes(needed)} of memory at its peak for ${here}, but ${gigabytes(free)} are free`;
  return `${problem}; free some memory, use more machines, or lower batch_size (${training.batchSize} on all ranks)`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
