import type { BestRecord } from '../../../checkpoint/validationRecord.js';
import type { BestModel } from '../events.js';
import type { Run } from '../opening/run.js';

/** The best model as events describe it; null if there is none. */
export function bestModelOf({ paths }: Pick<Run, 'paths'>, best: BestRecord | null): BestModel | null {
  if (best === null) return null;
  const { bitsPerDimension, epoch } = best;
  return { path: paths.bestModel, bitsPerDimension, epoch };
}
