import { checkFunction } from '../../base/checkFunction.js';
import { checkAmount, checkCount, checkSeed, checkWhole } from '../../base/checkNumbers.js';
import { describeValue } from '../../base/messageText.js';
import type { ModelData } from '../../checkpoint/weightsOf.js';
import { checkDatasetOrPaths } from '../../data/checkDatasetOrPaths.js';
import type { TrainOptions } from './trainOptions.js';

/**
 * Checks the options of `train`. `where` names the function they were passed to.
 * @throws RangeError when a number among the options is out of range
 * @throws TypeError when a dataset, a model or a function has the wrong type, or `initPartial` is set without `initFrom`
 */
export function checkTrainOptions(where: string, options: TrainOptions): void {
  const { seconds = 0, datasetPatience = 0, prefetch = 1, seed = 0, previews = {}, cache = {} } = options;
  checkDatasetOrPaths(where, options.dataset ?? '');
  checkFunction(where, 'augment', options.augment);
  checkFunction(where, 'loss', options.loss);
  checkAmount(where, 'seconds', seconds);
  checkAmount(where, 'datasetPatience', datasetPatience);
  checkCount(where, 'prefetch', prefetch);
  checkSeed(where, seed);
  checkInit(where, options);
  checkWhole(where, 'previews.samples', previews.samples ?? 0);
  checkWhole(where, 'previews.iterations', previews.iterations ?? 0);
  checkAmount(where, 'cache.memoryLimit', cache.memoryLimit ?? 0);
  checkAmount(where, 'cache.reserve', cache.reserve ?? 0);
}

function checkInit(where: string, { initFrom, initPartial }: TrainOptions): void {
  if (initFrom === undefined) {
    if (initPartial) throw new TypeError(`${where}: initPartial needs initFrom, the model to start from`);
    return;
  }
  if (typeof initFrom === 'string') return;
  const { config, tensors } = Object(initFrom) as Partial<ModelData>;
  if (typeof config?.model === 'object' && tensors instanceof Map) return;
  const expected = 'initFrom must be a file, or a model with config and tensors';
  throw new TypeError(`${where}: ${expected}, got ${describeValue(initFrom)}`);
}
