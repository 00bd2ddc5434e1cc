/** `nvae dataset`: shows what a dataset has. */
import { filter, lastValueFrom, takeUntil, tap } from 'rxjs';
import { loadConfig } from '../../config/loadConfig.js';
import type { DatasetReport } from '../../streams/datasets/datasetEvents.js';
import { describeDataset } from '../../streams/datasets/describeDataset.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { reportTable } from '../datasets/reportTable.js';
import { exitCodes } from '../exitCodes.js';
import { findImages } from '../sampling/findImages.js';
import { type Interruption, listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, type Output } from '../terminal/output.js';
import { withProgress } from '../terminal/withProgress.js';

interface DatasetOptions extends CommonOptions {
  readonly size?: number;
  readonly config?: string;
  readonly names: number;
}

export async function describe(images: string, options: DatasetOptions): Promise<void> {
  const output = createOutput(options);
  const interruption = listenForInterruption(() => output.progress('stopping; Ctrl-C again aborts'));
  try {
    const report = await reportOf(images, options, interruption, output);
    if (report) {
      const { type: _, ...values } = report;
      output.result({ type: 'dataset', ...values }, reportTable(report));
      if (report.images > 0 && report.mean === null) process.exitCode = exitCodes.failed;
    }
    if (!interruption.interrupted) return;
    output.progress(report ? `stopped after ${report.images} of ${report.total} images` : 'stopped');
    process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

/** With a progress bar until then; null if it was aborted. */
async function reportOf(
  images: string,
  { size, config, names }: DatasetOptions,
  { stop$, signal }: Interruption,
  output: Output,
): Promise<DatasetReport | null> {
  const loaded = config === undefined ? null : await loadConfig(config);
  const { dataset, items } = await findImages(images, output.warning, loaded?.training.maxPixels);
  const work = { label: 'reading', total: items.length, unit: 'images' };
  const describing = { size: size ?? loaded?.model.inputDimension, names, stop$, onWarning: output.warning };
  const report$ = withProgress(output, work, (bar) =>
    describeDataset(dataset, describing).pipe(
      tap((event) => bar.at(event.images)),
      filter((event) => event.type === 'report'),
      takeUntil(fromAbort(signal)),
    ),
  );
  return lastValueFrom(report$, { defaultValue: null });
}
