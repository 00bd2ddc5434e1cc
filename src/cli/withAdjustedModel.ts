/** What the commands that sample have in common: an engine, a model, and its batch norm at their temperature. */
import { concatMap, type Observable, type ObservableInput, of } from 'rxjs';
import { loadModel } from '../checkpoint/model.js';
import { useEngine } from '../engine/index.js';
import type { Nvae, Temperature } from '../model/nvae.js';
import { readjustBatchNorm } from '../streams/readjustBatchNorm.js';
import { usingAsync } from '../streams/usingAsync.js';
import { nowAndThen } from './nowAndThen.js';
import type { Output } from './output.js';

export interface AdjustedModelOptions {
  readonly engine: string;
  readonly temperature: Temperature;
  /** Sampling passes of the re-adjustment. */
  readonly iterations: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** What `use` makes of the model, which is there for as long as that takes. */
export function withAdjustedModel<T>(
  file: string,
  { engine, iterations, ...options }: AdjustedModelOptions,
  output: Output,
  use: (model: Nvae) => ObservableInput<T>,
): Observable<T> {
  const open = async () => {
    const { name, description, warnings } = await useEngine(engine);
    for (const warning of warnings) output.warning(warning);
    output.progress(`engine ${name}: ${description}`);
    return loadModel(file);
  };
  const tell = nowAndThen(output.progress);
  const onProgress = (done: number, all: number) => {
    if (done === all) output.progress(`batch norm re-adjusted in ${all} ${all === 1 ? 'pass' : 'passes'}`);
    else tell(`re-adjusting the batch norm: ${done} of ${all} passes`);
  };
  const adjusted = (model: Nvae) =>
    of(model).pipe(readjustBatchNorm({ ...options, iterations, onProgress }), concatMap(use));
  return usingAsync(open, adjusted, async (model) => model.dispose());
}
