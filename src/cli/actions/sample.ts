/** `nvae sample`: writes new images as grids, or one file each. */
import { join } from 'node:path';
import {
  concatMap,
  lastValueFrom,
  map,
  NEVER,
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
import type { ProcessGroup } from '../../group/processGroup.js';
import { type Share, shareOf } from '../../group/shareOf.js';
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
import { inGroup } from '../ranks/inGroup.js';
import { ofAllRanks, together } from '../ranks/together.js';
import { findModel } from '../sampling/findModel.js';
import { outputFiles, pictureName } from '../sampling/outputFiles.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
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
  readonly files: number;
  /** The turns of this rank. */
  readonly turns: Share;
}

function layoutOf(
  { rows, columns, batch, separate, count = rows * columns }: SampleOptions,
  rank: Pick<ProcessGroup, 'rank' | 'size'>,
): Layout {
  const perTurn = separate ? batch : rows * columns;
  const turns = Math.ceil(count / perTurn);
  return { count, perTurn, turns: shareOf(turns, rank), files: separate ? count : turns };
}

/** The files of some turns. */
function filesOf({ files, perTurn }: Layout, { first, count }: Share, separate = false): readonly number[] {
  const perFile = separate ? perTurn : 1;
  const [begin, end] = [first, first + count].map((turn) => Math.min(files, turn * perFile)) as [
    number,
    number,
  ];
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}

export function sample(
  model: string,
  temperature: Temperature,
  iterations: number,
  options: SampleOptions,
): Promise<void> {
  return inGroup((group) => sampled(model, temperature, iterations, options, group));
}

async function sampled(
  model: string,
  temperature: Temperature,
  iterations: number,
  options: SampleOptions,
  group: ProcessGroup | null,
): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, batch: batchSize, seed = 0 } = options;
  const layout = layoutOf(options, group ?? { rank: 0, size: 1 });
  let making = false;
  const interruption = listenForInterruption(() => {
    if (making) output.progress('stopping after this picture; Ctrl-C again aborts');
  });
  try {
    // All ranks choose the names of all files before one of them writes any.
    const { file, pathOf } = await together(group, async () => {
      const file = await findModel(model, options.folder, output);
      const name = pictureName(file, temperature);
      const folder = join(options.folder, 'images');
      return { file, pathOf: await outputFiles(options.out, { name, count: layout.files, folder }) };
    });
    const showPicture = await pictureShower(output);
    const { stop$ } = interruption;
    const opening = { engine, config, weights, group, stop$: group ? NEVER : stop$ }; // all ranks begin, or none
    const adjusted = { ...opening, temperature, iterations, batchSize, seed };
    const tell = (path: string) => output.result({ type: 'picture', path }, path);
    const done$ = withAdjustedModel(file, adjusted, output, (model) => {
      const write = (images: ImageBatch, turn: number) =>
        written(images, turn, layout, pathOf, options, showPicture);
      let done = 0;
      making = true;
      const { first, count } = layout.turns;
      const total = Math.min(layout.count - first * layout.perTurn, count * layout.perTurn);
      const written$ = withProgress(output, { label: 'sampling', total, unit: 'images' }, (bar) => {
        const made = ({ shape }: ImageBatch) => {
          done += shape[0];
          bar.at(done);
        };
        const picture = (turn: number) => imagesOf(model, turn, layout, temperature, options, made);
        return range(first, count).pipe(mapAhead(picture, write, { ahead: 1, stop$ }));
      });
      const count$ = written$.pipe(
        tap(tell),
        scan((done) => done + 1, 0),
        takeUntil(fromAbort(interruption.signal)),
      );
      return ofAllRanks(group, async () => {
        const pictures = await lastValueFrom(count$, { defaultValue: 0 });
        return { pictures, interrupted: interruption.interrupted };
      });
    });
    const done = await lastValueFrom(done$, { defaultValue: [] });
    for (const [rank, { pictures }] of done.entries()) {
      const { turns } = layoutOf(options, { rank, size: done.length });
      const files = filesOf(layout, turns, options.separate).slice(0, pictures);
      if (rank > 0) for (const index of files) tell(pathOf(index)); // rank 0 has told its own
    }
    const pictures = done.reduce((sum, { pictures }) => sum + pictures, 0);
    const interrupted = interruption.interrupted || done.some(({ interrupted }) => interrupted);
    finish(pictures, layout, interrupted, output);
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

function finish(pictures: number, { files }: Layout, interrupted: boolean, output: Output): void {
  output.event({ type: 'samples', pictures, interrupted });
  if (!interrupted) return;
  output.progress(`stopped after ${pictures} of ${files} pictures`);
  process.exitCode = exitCodes.interrupted;
}
