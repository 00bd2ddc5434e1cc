/** `nvae evaluate`: measures how well a model predicts images. */
import { filter, lastValueFrom, NEVER, type Observable, takeUntil, tap } from 'rxjs';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Dataset } from '../../data/dataset.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import type { Nvae } from '../../model/nvae.js';
import { evaluate } from '../../streams/evaluation/evaluate.js';
import type { EvaluationResult } from '../../streams/evaluation/evaluationEvents.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { evaluationTable } from '../evaluation/evaluationTable.js';
import { exitCodes } from '../exitCodes.js';
import { inGroup } from '../ranks/inGroup.js';
import { together } from '../ranks/together.js';
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

export function evaluateModel(
  model: string,
  images: readonly string[],
  options: EvaluateOptions,
): Promise<void> {
  return inGroup((group) => evaluated(model, images, options, group));
}

async function evaluated(
  model: string,
  images: readonly string[],
  options: EvaluateOptions,
  group: ProcessGroup | null,
): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, seed = 0 } = options;
  const interruption = listenForInterruption(() => output.progress('stopping; Ctrl-C again aborts'));
  const { stop$ } = interruption;
  try {
    const { file, dataset, items } = await together(group, async () => {
      const file = await findModel(model, options.folder, output);
      return { file, ...(await findImages(images, output.warning)) };
    });
    const count = Math.min(options.count, items.length);
    // An evaluation uses the batch-norm averages from training unchanged.
    const asTrained = { temperature: 1, iterations: 0, batchSize: 1, seed };
    const opening = { engine, config, weights, group, stop$: group ? NEVER : stop$ }; // all ranks begin, or none
    const result$ = withAdjustedModel(file, { ...opening, ...asTrained }, output, (loaded) => {
      tellFit(loaded, output);
      return resultOf(loaded, dataset, { ...options, count, stop$ }, group, output);
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
    if (!interruption.interrupted && !(group && result?.stopped)) return; // a signal to one rank stops all
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
  group: ProcessGroup | null,
  output: Output,
): Observable<EvaluationResult> {
  const options = {
    samples,
    batchSize,
    count,
    seed,
    stop$,
    onWarning: output.warning,
    ...(group && { group }),
  };
  return withProgress(output, { label: 'evaluating', total: count, unit: 'images' }, (bar) =>
    evaluate(model, dataset, options).pipe(
      tap((event) => {
        if (event.type === 'result') return;
        const done = event.images + (event.batchImages * event.draws) / samples;
        bar.at(Math.floor((done * count) / event.total)); // of this rank, as if all were as far
      }),
      filter((event) => event.type === 'result'),
    ),
  );
}
