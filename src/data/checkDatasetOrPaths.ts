import { describeValue } from '../base/messageText.js';
import { checkDataset } from './checkDataset.js';
import type { DatasetPath } from './datasetPath.js';

/** @throws TypeError when an option is neither a path or several, nor a `Dataset` */
export function checkDatasetOrPaths(where: string, given: unknown): void {
  if (!Array.isArray(given)) {
    checkDataset(where, given);
    return;
  }
  if (given.length === 0) throw new TypeError(`${where}: dataset must have at least one path, got none`);
  for (const part of given) {
    const { path, repeat = 1 } = Object(
      typeof part === 'string' ? { path: part } : part,
    ) as Partial<DatasetPath>;
    if (typeof path === 'string' && Number.isSafeInteger(repeat) && repeat >= 1) continue;
    const expected = 'dataset must be of paths, each alone or with repeat, a positive integer';
    throw new TypeError(`${where}: ${expected}, got ${describeValue(part)}`);
  }
}
