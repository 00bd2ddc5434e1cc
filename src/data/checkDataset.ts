import { describeValue } from '../base/messageText.js';
import type { Dataset } from './dataset.js';

/** @throws TypeError when a value is neither a path nor a `Dataset` */
export function checkDataset(where: string, given: unknown): void {
  if (typeof given === 'string') return;
  const { name, items, decode } = Object(given) as Partial<Dataset>;
  if (typeof name === 'string' && typeof items === 'function' && typeof decode === 'function') return;
  const expected = 'dataset must be a folder, or a dataset with name, items and decode';
  throw new TypeError(`${where}: ${expected}, got ${describeValue(given)}`);
}
