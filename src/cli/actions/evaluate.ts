/** `nvae evaluate`: measures how well a model predicts images. */
import { filter, lastValueFrom, type Observable, takeUntil, tap } from 'rxjs';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Dataset } from '../../data/dataset.js';
import type { Nvae } from '../../model/nvae.js';
import { evaluate } from '../../streams/evaluation/evaluate.js';
import type { EvaluationResult } from '../../streams/evaluation/evaluationEvents.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { evaluationTable } from '../evaluation/evaluationTable.js';
import { exitCodes } from '../exitCodes.js';
import { findImages } from '../sampling/findImages.js';
import { findModel } from '../sampling/findModel.js';
import { tellFit } from '../sampling/tellFit.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { type Interruption, listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, type Output } from '../terminal/output.js';
import { withProgress } from '../terminal/withProgress.js';

interface EvaluateOptions extends CommonOptions {
  readonly folder: string;
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly samples: number;
  readonly batch: number;
  readonly count: number;
}

export async function evaluateModel(
  model: string,
  images: readonly string[],
  options: EvaluateOptions,
): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, seed = 0 } = options;
  const interruption = listenForInterruption(() => output.progress('stopping; Ctrl-C again aborts'));
  const { stop$ } = interruption;
  try {
    const file = await findModel(model, options.folder, output);
    const { dataset, items } = await findImages(images, output.warning);
    const count = Math.min(options.count, items.length);
    // An evaluation uses the batch-norm averages from training unchanged.
    const asTrained = { engine, config, weights, temperature: 1, iterations: 0, batchSize: 1, seed, stop$ };
    const result$ = withAdjustedModel(file, asTrained, output, (loaded) => {
      tellFit(loaded, output);
      return resultOf(loaded, dataset, { ...options, count, stop$ }, output);
    });
    const result = await lastValueFrom(result$.pipe(takeUntil(fromAbort(interruption.signal))), {
      defaultValue: null,
    });
    if (result !== null) {
      const { type: _, ...values } = result;
      output.result(
        { type: 'evaluation', model: file, dataset: images.length === 1 ? images[0] : images, ...values },
        evaluationTable(result),
      );
    }
    if (!interruption.interrupted) return;
    const done = result === null ? 'without a result' : `after ${result.images} of ${result.total} images`;
    output.progress(`stopped ${done}`);
    process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

/** The result, with a progress bar until then. */
function resultOf(
  model: Nvae,
  dataset: Dataset,
  { samples, batch: batchSize, count, seed = 0, stop$ }: EvaluateOptions & Pick<Interruption, 'stop$'>,
  output: Output,
): Observable<EvaluationResult> {
  const options = { samples, batchSize, count, seed, stop$, onWarning: output.warning };
  return withProgress(output, { label: 'evaluating', total: count, unit: 'images' }, (bar) =>
    evaluate(model, dataset, options).pipe(
      tap((event) => {
        if (event.type === 'result') return;
        bar.at(event.images + Math.floor((event.batchImages * event.draws) / samples));
      }),
      filter((event) => event.type === 'result'),
    ),
  );
}
