/** `nvae sample`: new images as a grid, or one file each. */
import { basename, extname, join } from 'node:path';
import { lastValueFrom, type Observable, of, tap, toArray } from 'rxjs';
import { loadModel } from '../../checkpoint/model.js';
import { useEngine } from '../../engine/index.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { Nvae } from '../../model/nvae.js';
import type { ImageBatch } from '../../model/plainData.js';
import { readjustBatchNorm } from '../../streams/readjustBatchNorm.js';
import { samples } from '../../streams/samples.js';
import { toGrid } from '../../streams/toGrid.js';
import { writeImages } from '../../streams/writeImages.js';
import { halfBlocks } from '../../ui/halfBlocks.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { createOutput, type Output } from '../output.js';

interface SampleOptions extends CommonOptions {
  readonly rows: number;
  readonly columns: number;
  readonly count?: number;
  readonly out?: string;
  readonly separate?: boolean;
  readonly statistic: Statistic;
}

/** The images as they are made: re-adjusted batch norm first, then one grid's worth at a time. */
function imagesOf(
  model: Nvae,
  chosenTemperature: number,
  iterations: number,
  options: SampleOptions,
  output: Output,
): Observable<ImageBatch> {
  const batchSize = options.rows * options.columns;
  const { seed = 0, statistic, count = batchSize } = options;
  const adjusted$ = of(model).pipe(
    readjustBatchNorm({
      temperature: chosenTemperature,
      iterations,
      batchSize,
      seed,
      onProgress: (done, all) => {
        if (done === all) output.progress(`batch norm re-adjusted in ${all} passes`);
      },
    }),
  );
  return samples(adjusted$, { temperature: chosenTemperature, count, batchSize, statistic, seed });
}

/** Numbers files only where there are several. */
function paths(out: string | undefined, name: string, several: boolean): (index: number) => string {
  const path = out ?? join('images', `${name}.png`);
  if (!several) return () => path;
  const extension = extname(path) || '.png';
  const stem = path.slice(0, path.length - extname(path).length);
  return (index) => `${stem}_${index + 1}${extension}`;
}

export async function sample(
  file: string,
  chosenTemperature: number,
  iterations: number,
  options: SampleOptions,
): Promise<void> {
  const output = createOutput(options);
  const engine = await useEngine(options.engine);
  for (const warning of engine.warnings) output.warning(warning);
  output.progress(`engine ${engine.name}: ${engine.description}`);
  const model = await loadModel(file);
  try {
    const images$ = imagesOf(model, chosenTemperature, iterations, options, output);
    const perGrid = options.rows * options.columns;
    const count = options.count ?? perGrid;
    const name = `${basename(file, extname(file))}_t${chosenTemperature}`;
    const several = options.separate ? count > 1 : count > perGrid;
    const pictures$ = options.separate ? images$ : images$.pipe(toGrid({ columns: options.columns }));
    const show = (picture: ImageBatch) => {
      if (output.colour) output.progress(halfBlocks(picture, process.stderr.columns ?? 80).join('\n'));
    };
    const files$ = pictures$.pipe(
      tap((picture) => {
        if (!options.separate) show(picture);
      }),
      writeImages(paths(options.out, name, several)),
      toArray(),
    );
    const files = await lastValueFrom(files$);
    output.result({ type: 'samples', files }, files.join('\n'));
  } finally {
    model.dispose();
  }
}
