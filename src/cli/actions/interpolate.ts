/** `nvae interpolate`: writes the images between two images. */
import { extname, join } from 'node:path';
import { concat, concatMap, defer, lastValueFrom, map, type Observable, of, takeUntil, toArray } from 'rxjs';
import { grid } from '../../base/grid.js';
import { joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Binarize } from '../../config/types.js';
import { binarizedImages } from '../../model/binarizedImages.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { Nvae } from '../../model/nvae.js';
import { writeAnimation } from '../../pictures/writeAnimation.js';
import { writeImage } from '../../pictures/writeImage.js';
import { interpolation } from '../../streams/sampling/interpolation.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { findModel } from '../sampling/findModel.js';
import { modelName, outputFiles } from '../sampling/outputFiles.js';
import { readOneImage } from '../sampling/readOneImage.js';
import { tellBinarized } from '../sampling/tellBinarized.js';
import { tellFit } from '../sampling/tellFit.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { interruptible } from '../terminal/interruptible.js';
import { createOutput, type Output } from '../terminal/output.js';
import { pictureShower } from '../terminal/showPicture.js';
import { withProgress } from '../terminal/withProgress.js';

interface InterpolateOptions extends CommonOptions {
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly folder: string;
  readonly gif?: boolean;
  readonly freeFlow: boolean;
  readonly statistic: Statistic;
  readonly out?: string;
}

export function interpolate(
  model: string,
  firstPath: string,
  secondPath: string,
  n: number,
  options: InterpolateOptions,
): Promise<void> {
  const output = createOutput(options);
  return interruptible(output, async (stop$) => {
    const file = await findModel(model, options.folder, output);
    const { path, filmPath } = await pathsOf(file, options);
    const showPicture = await pictureShower(output);
    const { engine, config, weights, seed = 0 } = options;
    // Encoding and decoding use the batch-norm averages from training unchanged.
    const asTrained = { engine, config, weights, temperature: 1, iterations: 0, batchSize: 1, seed, stop$ };
    let binarized: Binarize = 'none';
    const frames$ = withAdjustedModel(file, asTrained, output, (model) => {
      binarized = tellBinarized(model, output);
      tellFit(model, output);
      return framesOf(model, { firstPath, secondPath, n }, options, output);
    });
    const made = await lastValueFrom(frames$.pipe(toArray(), takeUntil(stop$)), { defaultValue: null });
    if (made === null) return;
    const frames = joinImages(made);
    const strip = grid(frames, frames.shape[0]);
    const paths = filmPath === null ? [path] : [path, filmPath];
    await writeImage(path, strip);
    if (filmPath !== null) await writeAnimation(filmPath, frames);
    await showPicture(strip);
    output.result({ type: 'interpolation', paths, images: frames.shape[0], binarized }, paths.join('\n'));
  });
}

/** Paths of the strip and, if requested, the animation. */
async function pathsOf(
  file: string,
  { out, folder, gif = false }: InterpolateOptions,
): Promise<{ readonly path: string; readonly filmPath: string | null }> {
  const name = `${modelName(file)}_interpolation`;
  const files = { name, count: 1, folder: join(folder, 'images'), ...(gif && { beside: '.gif' }) };
  const path = (await outputFiles(out, files))(0);
  const filmPath = `${path.slice(0, path.length - extname(path).length)}.gif`;
  if (gif && filmPath === path) {
    throw new Error(`--out: the strip and the GIF of --gif would be the same file (${path}); name a .png`);
  }
  return { path, filmPath: gif ? filmPath : null };
}

interface Between {
  readonly firstPath: string;
  readonly secondPath: string;
  readonly n: number;
}

/** The first image, those between, and the second. */
function framesOf(
  model: Nvae,
  { firstPath, secondPath, n }: Between,
  { freeFlow, statistic, seed = 0 }: InterpolateOptions,
  output: Output,
): Observable<ImageBatch> {
  const imageOf = async (path: string) => {
    const image = await readOneImage(path, model);
    return binarizedImages(image, model.binarize, { seed, keys: image.names });
  };
  return defer(async () => [await imageOf(firstPath), await imageOf(secondPath)] as const).pipe(
    concatMap(([first, second]) => {
      const points$ = interpolation(model, first, second, { n, freeFlow, statistic, seed });
      const between$ = withProgress(output, { label: 'interpolating', total: n, unit: 'images' }, (bar) =>
        points$.pipe(
          map((image, i) => {
            bar.at(i + 1);
            return image;
          }),
        ),
      );
      return concat(of(first), between$, of(second));
    }),
  );
}
