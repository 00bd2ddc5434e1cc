/** `nvae reconstruct`: writes images and what the model makes of them, as grids of pairs or one file per image. */
import { join } from 'node:path';
import {
  concatMap,
  EMPTY,
  from,
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
import { grid } from '../../base/grid.js';
import { imageAt, joinImages } from '../../base/imageBatches.js';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Binarize } from '../../config/types.js';
import { sliceOf } from '../../data/itemsOf.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { Nvae } from '../../model/nvae.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import { mapAhead } from '../../streams/flow/mapAhead.js';
import { type Reconstruction, reconstructions } from '../../streams/latents/reconstructions.js';
import { writeImages } from '../../streams/writers/writeImages.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import type { LatentOptions } from '../commands/latentOptions.js';
import { exitCodes } from '../exitCodes.js';
import { type FoundImages, findImages } from '../sampling/findImages.js';
import { findModel } from '../sampling/findModel.js';
import { imageBatches } from '../sampling/imageBatches.js';
import { namedFiles } from '../sampling/namedFiles.js';
import { modelName, outputFiles } from '../sampling/outputFiles.js';
import { pairsPicture } from '../sampling/pairsPicture.js';
import { tellBinarized } from '../sampling/tellBinarized.js';
import { tellFit } from '../sampling/tellFit.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, type Output } from '../terminal/output.js';
import { pictureShower, type ShowPicture } from '../terminal/showPicture.js';
import { withProgress } from '../terminal/withProgress.js';

interface ReconstructOptions extends CommonOptions, LatentOptions {
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly folder: string;
  readonly rows: number;
  readonly columns: number;
  readonly separate?: boolean;
  readonly pairs?: boolean;
  readonly out?: string;
  readonly statistic: Statistic;
}

/** A picture on disk; with `--separate`, of which image. */
interface Written {
  readonly path: string;
  readonly image?: string;
}

/** The images are reconstructed in turns; at most one turn is ahead of the writer. */
interface Plan {
  readonly images: FoundImages;
  readonly perTurn: number;
  readonly turns: number;
  /** Writes the pictures of a turn. */
  readonly write: (made: Reconstruction, turn: number) => Observable<Written>;
}

export async function reconstruct(
  model: string,
  images: readonly string[],
  options: ReconstructOptions,
): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, seed = 0 } = options;
  let making = false;
  let binarized: Binarize = 'none';
  let found: FoundImages | undefined;
  const interruption = listenForInterruption(() => {
    if (making) output.progress('stopping after this picture; Ctrl-C again aborts');
  });
  try {
    const file = await findModel(model, options.folder, output);
    found = await findImages(images, output.warning);
    const plan = await planOf(file, found, options, await pictureShower(output));
    const { stop$ } = interruption;
    // Encoding and decoding use the batch-norm averages from training unchanged.
    const asTrained = { engine, config, weights, temperature: 1, iterations: 0, batchSize: 1, seed, stop$ };
    let done = 0;
    const written$ = withAdjustedModel(file, asTrained, output, (loaded) => {
      making = true;
      binarized = tellBinarized(loaded, output);
      tellFit(loaded, output);
      const work = { label: 'reconstructing', total: plan.images.items.length, unit: 'images' };
      return withProgress(output, work, (bar) => {
        const made = ({ names }: Reconstruction) => {
          done += names.length;
          bar.at(done);
        };
        const turn = (i: number) => reconstructed(loaded, plan, i, options, output).pipe(tap(made));
        return range(0, plan.turns).pipe(mapAhead(turn, plan.write, { ahead: 1, stop$ }));
      });
    });
    const pictures = await lastValueFrom(
      written$.pipe(
        tap(({ path, image }) => output.result({ type: 'picture', path, ...(image && { image }) }, path)),
        scan((count) => count + 1, 0),
        takeUntil(fromAbort(interruption.signal)),
      ),
      { defaultValue: 0 },
    );
    const { interrupted } = interruption;
    if (done === 0 && !interrupted) throw new Error(`${images.join(', ')}: no image could be read`);
    output.event({ type: 'reconstructions', pictures, images: done, binarized, interrupted });
    if (!interrupted) return;
    output.progress(`stopped after ${pictures} pictures`);
    process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
    await found?.dataset.close?.();
  }
}

async function planOf(
  model: string,
  { dataset, items: all }: FoundImages,
  options: ReconstructOptions,
  showPicture: ShowPicture,
): Promise<Plan> {
  const { rows, columns, batch, separate = false, pairs = false, out } = options;
  const parent = join(options.folder, 'images');
  const perTurn = separate ? batch : rows * columns;
  const items = sliceOf(all, 0, options.count ?? (separate ? all.length : perTurn));
  const images = { dataset, items };
  const turns = Math.ceil(items.length / perTurn);
  if (separate) {
    const name = `${modelName(model)}_reconstructions`;
    const pathOf = await namedFiles(out, { name, parent, count: items.length });
    let index = 0;
    const write = ({ names, originals, images: made }: Reconstruction) =>
      from(names).pipe(
        concatMap((image, i) => {
          const path = pathOf(image, index);
          index += 1;
          const one = imageAt(made, i);
          // A pair has a mark that keeps it out of training.
          const shown = pairs ? grid(joinImages([imageAt(originals, i), one]), 2) : one;
          return of(shown).pipe(
            writeImages(path, pairs ? 'grid' : 'image'),
            map(() => ({ path, image })),
          );
        }),
      );
    return { images, perTurn, turns, write };
  }
  const pathOf = await outputFiles(out, {
    name: `${modelName(model)}_reconstruction`,
    count: turns,
    folder: parent,
  });
  const write = ({ originals, images: made }: Reconstruction, turn: number) =>
    of(pairsPicture(originals, made, columns)).pipe(
      concatMap((picture) => showPicture(picture).then(() => picture)),
      writeImages(() => pathOf(turn), 'grid'),
      map((path) => ({ path })),
    );
  return { images, perTurn, turns, write };
}

/** All images of a turn; nothing if none of them can be read. */
function reconstructed(
  model: Nvae,
  { images: { dataset, items }, perTurn }: Plan,
  turn: number,
  { batch, latents, freeFlow, statistic, seed = 0 }: ReconstructOptions,
  output: Output,
): Observable<Reconstruction> {
  const mine = sliceOf(items, turn * perTurn, (turn + 1) * perTurn);
  const batches$ = imageBatches({ dataset, items: mine }, model, batch, output);
  return reconstructions(model, batches$, { latents, freeFlow, statistic, seed }).pipe(
    toArray(),
    concatMap((parts) => (parts.length === 0 ? EMPTY : of(joined(parts)))),
  );
}

function joined(parts: readonly Reconstruction[]): Reconstruction {
  return {
    names: parts.flatMap(({ names }) => names),
    originals: joinImages(parts.map(({ originals }) => originals)),
    images: joinImages(parts.map(({ images }) => images)),
  };
}
