import { imagesOf } from '../../../base/imagesOf.js';
import { stepOfBestModel } from '../../../checkpoint/bestModel.js';
import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import type { ValidationRecord } from '../../../checkpoint/validationRecord.js';

import type { ValidationSet } from './heldOutImages.js';

/**
 * What a resumed run knows of its validations; null for nothing. A best model counts only if it was measured on the same images
 * and its file is there: a file from after the checkpoint is written again, when the run gets there.
 */
export async function startOfValidation(
  checkpoint: Checkpoint | null,
  validation: ValidationSet | null,
  { bestModel, warn }: { readonly bestModel: string; readonly warn: (message: string) => void },
): Promise<ValidationRecord | null> {
  const record = checkpoint?.validation ?? null;
  if (record === null || validation === null || record.best === null) return record;
  if (record.images !== validation.identity) {
    const words = changeIn(record.images, validation.identity);
    warn(
      `the held-out images have changed since the checkpoint (${words}); the next validation starts a new best model`,
    );
    return { ...record, best: null };
  }
  const step = await stepOfBestModel(bestModel);
  return step !== null && step >= record.best.step ? record : { ...record, best: null };
}

function changeIn(before: string, now: string): string {
  const [countBefore, countNow] = [imagesOf(before), imagesOf(now)];
  if (countBefore !== countNow) return `${countBefore} before, ${countNow} now`;
  const [names] = before.split('/');
  return now.startsWith(`${names}/`) ? 'another fit' : 'other names';
}
