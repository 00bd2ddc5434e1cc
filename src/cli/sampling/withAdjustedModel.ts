/** Shared by the sampling commands: loads an engine and a model, and adjusts its batch norm to the temperature. */
import { concatMap, filter, type Observable, type ObservableInput, of, takeUntil, tap } from 'rxjs';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import { useEngine } from '../../engine/index.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import type { Nvae } from '../../model/nvae.js';
import type { Temperature } from '../../model/sampleSource.js';
import { usingAsync } from '../../streams/flow/usingAsync.js';
import { readjustBatchNorm } from '../../streams/sampling/readjustBatchNorm.js';
import { together } from '../ranks/together.js';
import { useProcessors } from '../ranks/useProcessors.js';
import type { Output } from '../terminal/output.js';
import { withProgress } from '../terminal/withProgress.js';
import { openModel } from './openModel.js';

export interface AdjustedModelOptions {
  readonly engine: string;
  /** The option `--config`. */
  readonly config?: string | undefined;
  /** The option `--weights`. */
  readonly weights?: WeightSet | undefined;
  readonly temperature: Temperature;
  /** Iterations of the batch-norm re-adjustment. */
  readonly iterations: number;
  readonly batchSize: number;
  readonly seed: number;
  /** The ranks that share the work; if one of them cannot open the model, none does. @default this process alone */
  readonly group?: ProcessGroup | null;
  /** When it first emits, the stream ends if the model is not in use yet; afterwards `use` decides. */
  readonly stop$: Observable<unknown>;
}

/** The stream returned by `use`; the model is disposed at the end of that stream. */
export function withAdjustedModel<T>(
  file: string,
  { engine, config, weights, iterations, group = null, stop$, ...options }: AdjustedModelOptions,
  output: Output,
  use: (model: Nvae) => ObservableInput<T>,
): Observable<T> {
  let inUse = false;
  const opened = async () => {
    const { name, description, warnings } = await useEngine(engine);
    for (const warning of warnings) output.warning(warning);
    output.progress(`engine ${name}: ${description}`);
    return openModel(file, { config, weights }, output);
  };
  const open = async () => {
    if (group) await useProcessors(group, output);
    return together(group, opened);
  };
  const unit = iterations === 1 ? 'iteration' : 'iterations';
  const work = { label: 're-adjusting the batch norm', total: iterations, unit: 'iterations' };
  const adjusted = (model: Nvae) =>
    withProgress(output, work, (bar) =>
      of(model).pipe(
        readjustBatchNorm({ ...options, iterations, onProgress: bar.at }),
        tap(() => {
          bar.end();
          inUse = true;
          if (iterations > 0) output.progress(`batch norm re-adjusted in ${iterations} ${unit}`);
        }),
      ),
    ).pipe(concatMap(use));
  return usingAsync(open, adjusted, async (model) => model.dispose()).pipe(
    takeUntil(stop$.pipe(filter(() => !inUse))),
  );
}
