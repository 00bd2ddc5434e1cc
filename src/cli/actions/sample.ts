/** `nvae sample`: writes new images as grids, or one file each. */
import { join } from 'node:path';
import {
  concatMap,
  lastValueFrom,
  map,
  type Observable,
  of,
  range,
  scan,
  takeUntil,
  tap,
  toArray,
} from 'rxjs';
import { joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { Nvae } from '../../model/nvae.js';
import type { Temperature } from '../../model/sampleSource.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import { mapAhead } from '../../streams/flow/mapAhead.js';
import { samples } from '../../streams/sampling/samples.js';
import { toGrid } from '../../streams/sampling/toGrid.js';
import { writeImages } from '../../streams/writers/writeImages.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { findModel } from '../sampling/findModel.js';
import { outputFiles, pictureName } from '../sampling/outputFiles.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { type Interruption, listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, type Output } from '../terminal/output.js';
import { pictureShower, type ShowPicture } from '../terminal/showPicture.js';
import { withProgress } from '../terminal/withProgress.js';

interface SampleOptions extends CommonOptions {
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly folder: string;
  readonly rows: number;
  readonly columns: number;
  readonly count?: number;
  readonly batch: number;
  readonly out?: string;
  readonly separate?: boolean;
  readonly statistic: Statistic;
}

/** How images are divided into files. Images of one turn are sampled together, at most one turn ahead of the writer. */
interface Layout {
  readonly count: number;
  readonly perTurn: number;
  readonly turns: number;
  readonly files: number;
}

function layoutOf({ rows, columns, batch, separate, count = rows * columns }: SampleOptions): Layout {
  const perTurn = separate ? batch : rows * columns;
  const turns = Math.ceil(count / perTurn);
  return { count, perTurn, turns, files: separate ? count : turns };
}

export async function sample(
  model: string,
  temperature: Temperature,
  iterations: number,
  options: SampleOptions,
): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, batch: batchSize, seed = 0 } = options;
  const layout = layoutOf(options);
  let making = false;
  const interruption = listenForInterruption(() => {
    if (making) output.progress('stopping after this picture; Ctrl-C again aborts');
  });
  try {
    const file = await findModel(model, options.folder, output);
    const name = pictureName(file, temperature);
    const folder = join(options.folder, 'images');
    const pathOf = await outputFiles(options.out, { name, count: layout.files, folder });
    const showPicture = await pictureShower(output);
    const { stop$ } = interruption;
    const adjusted = { engine, config, weights, temperature, iterations, batchSize, seed, stop$ };
    const written$ = withAdjustedModel(file, adjusted, output, (model) => {
      const write = (images: ImageBatch, turn: number) =>
        written(images, turn, layout, pathOf, options, showPicture);
      let done = 0;
      making = true;
      return withProgress(output, { label: 'sampling', total: layout.count, unit: 'images' }, (bar) => {
        const made = ({ shape }: ImageBatch) => {
          done += shape[0];
          bar.at(done);
        };
        const picture = (turn: number) => imagesOf(model, turn, layout, temperature, options, made);
        return range(0, layout.turns).pipe(mapAhead(picture, write, { ahead: 1, stop$ }));
      });
    });
    const count = await lastValueFrom(
      written$.pipe(
        tap((path) => output.result({ type: 'picture', path }, path)),
        scan((done) => done + 1, 0),
        takeUntil(fromAbort(interruption.signal)),
      ),
      { defaultValue: 0 },
    );
    finish(count, layout, interruption, output);
  } finally {
    interruption.dispose();
  }
}

function imagesOf(
  model: Nvae,
  turn: number,
  { count, perTurn }: Layout,
  temperature: Temperature,
  { batch: batchSize, statistic, seed = 0 }: SampleOptions,
  made: (batch: ImageBatch) => void,
): Observable<ImageBatch> {
  const mine = Math.min(perTurn, count - turn * perTurn);
  const firstBatch = turn * Math.ceil(perTurn / batchSize);
  return samples(model, { temperature, count: mine, batchSize, firstBatch, statistic, seed }).pipe(
    tap(made),
    toArray(),
    map(joinImages),
  );
}

function written(
  images: ImageBatch,
  turn: number,
  { perTurn }: Layout,
  pathOf: (index: number) => string,
  { separate, columns }: SampleOptions,
  showPicture: ShowPicture,
): Observable<string> {
  if (separate) return of(images).pipe(writeImages((i) => pathOf(turn * perTurn + i)));
  return of(images).pipe(
    toGrid({ columns }),
    concatMap((picture) => showPicture(picture).then(() => picture)),
    writeImages(() => pathOf(turn), perTurn > 1 ? 'grid' : 'image'),
  );
}

function finish(pictures: number, { files }: Layout, { interrupted }: Interruption, output: Output): void {
  output.event({ type: 'samples', pictures, interrupted });
  if (!interrupted) return;
  output.progress(`stopped after ${pictures} of ${files} pictures`);
  process.exitCode = exitCodes.interrupted;
}
