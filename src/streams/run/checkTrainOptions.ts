import { checkAmount, checkCount, checkSeed, checkWhole } from '../../base/checkNumbers.js';
import type { TrainOptions } from './trainOptions.js';

/** @throws RangeError when a number among the options makes no sense; `where` is who was given them. */
export function checkTrainOptions(
  where: string,
  { seconds = 0, datasetPatience = 0, prefetch = 1, seed = 0, previews = {}, cache = {} }: TrainOptions,
): void {
  checkAmount(where, 'seconds', seconds);
  checkAmount(where, 'datasetPatience', datasetPatience);
  checkCount(where, 'prefetch', prefetch);
  checkSeed(where, seed);
  checkWhole(where, 'previews.samples', previews.samples ?? 0);
  checkWhole(where, 'previews.iterations', previews.iterations ?? 0);
  checkAmount(where, 'cache.memoryLimit', cache.memoryLimit ?? 0);
  checkAmount(where, 'cache.reserve', cache.reserve ?? 0);
}
