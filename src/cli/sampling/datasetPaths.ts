import { stat } from 'node:fs/promises';
import { describeValue } from '../../base/messageText.js';
import type { DatasetPath } from '../../data/datasetPath.js';

/** A path, and a number behind its last colon. */
const weighted = /^(.+):([+-]?\d*\.?\d*)$/;

/**
 * The datasets of an option that can be repeated: `photos`, or `photos:2` for a weight. A path that exists as it is has no weight.
 * @throws Error for an empty path, or a weight that is not a positive integer
 */
export async function datasetPaths(given: readonly string[]): Promise<DatasetPath[]> {
  const paths: DatasetPath[] = [];
  for (const path of given) {
    if (path === '')
      throw new Error('--dataset: the path is empty; give a folder of images, or a file of many');
    const [, before = '', weight = ''] = weighted.exec(path) ?? [];
    const isPath = before === '' || (await stat(path).catch(() => null)) !== null;
    if (isPath) {
      paths.push({ path });
      continue;
    }
    const repeat = Number(weight);
    if (weight === '' || !Number.isSafeInteger(repeat) || repeat < 1) {
      const expected = 'expected a positive integer, how often an epoch takes each of its images';
      const remedy = 'to take them less often than others, give the others a weight';
      throw new Error(`--dataset ${path}: ${expected}, got ${describeValue(weight)}; ${remedy}`);
    }
    paths.push({ path: before, repeat });
  }
  return paths;
}
