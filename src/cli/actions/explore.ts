/** `nvae explore`: shows what each latent group does to an image. */
import { join } from 'node:path';
import { lastValueFrom, type Observable, takeUntil, tap, toArray } from 'rxjs';
import { grid } from '../../base/grid.js';
import { joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { Nvae } from '../../model/nvae.js';
import type { Temperature } from '../../model/sampleSource.js';
import { writeImage } from '../../pictures/writeImage.js';
import { type LatentVariants, latentWalk } from '../../streams/sampling/latentWalk.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { findModel } from '../sampling/findModel.js';
import { modelName, outputFiles } from '../sampling/outputFiles.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { interruptible } from '../terminal/interruptible.js';
import { createOutput, type Output } from '../terminal/output.js';
import { pictureShower } from '../terminal/showPicture.js';
import { withProgress } from '../terminal/withProgress.js';

interface ExploreOptions extends CommonOptions {
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly folder: string;
  readonly group?: number;
  readonly spatial?: boolean;
  readonly difference?: boolean;
  readonly variation: number;
  readonly variants: number;
  readonly statistic: Statistic;
  readonly out?: string;
}

/** A difference of a quarter of the range has full brightness. */
const amplification = 4;

export function explore(
  model: string,
  temperature: Temperature,
  iterations: number,
  options: ExploreOptions,
): Promise<void> {
  const output = createOutput(options);
  return interruptible(output, async (stop$) => {
    const { engine, config, weights, seed = 0, difference = false } = options;
    const file = await findModel(model, options.folder, output);
    const folder = join(options.folder, 'images');
    const pathOf = await outputFiles(options.out, { name: nameOf(file, options), count: 1, folder });
    const showPicture = await pictureShower(output);
    const adjusted = { engine, config, weights, temperature, iterations, batchSize: 9, seed, stop$ };
    const walk$ = withAdjustedModel(file, adjusted, output, (model) =>
      walkOf(model, temperature, options, output),
    );
    const walk = await lastValueFrom(walk$.pipe(toArray(), takeUntil(stop$)), { defaultValue: null });
    if (walk === null) return;
    const picture = pictureOf(walk, difference);
    const path = pathOf(0);
    await writeImage(path, picture);
    await showPicture(picture);
    const groups = [...new Set(walk.map(({ group: which }) => which))];
    output.result({ type: 'exploration', path, groups, ...(difference && { amplification }) }, path);
  });
}

function walkOf(
  model: Nvae,
  temperature: Temperature,
  { group, spatial = false, variation, variants, statistic, seed = 0 }: ExploreOptions,
  output: Output,
): Observable<LatentVariants> {
  const only = group === undefined ? {} : { group };
  const all$ = latentWalk(model, { temperature, variation, variants, statistic, seed, spatial, ...only });
  const groups = group === undefined ? model.latentShapes.length : 1;
  const [rows = 0, columns = 0] = spatial ? (model.latentShapes[group ?? 0] ?? []) : [groups, variants];
  let done = 0;
  return withProgress(output, { label: 'exploring', total: rows * columns, unit: 'images' }, (bar) =>
    all$.pipe(
      tap(({ variants: made }) => {
        done += made.shape[0];
        bar.at(done);
      }),
    ),
  );
}

function nameOf(file: string, { group, spatial, difference }: ExploreOptions): string {
  const parts = [modelName(file), 'explore'];
  if (group !== undefined) parts.push(`group${group}`);
  if (spatial) parts.push('spatial');
  if (difference) parts.push('difference');
  return parts.join('_');
}

/** A row per group: the original and its variants. With `spatial`, each variant at its position. */
function pictureOf(walk: readonly LatentVariants[], difference: boolean): ImageBatch {
  const rows = walk.map(({ row, original, variants }) => {
    const shown = difference ? differences(original, variants) : variants;
    return row === null ? joinImages([original, shown]) : shown;
  });
  const [columns] = rows[0]?.shape ?? [1];
  return grid(joinImages(rows), columns);
}

/** The distance of each value from the original's; no difference is black. */
function differences(original: ImageBatch, { pixels, shape }: ImageBatch): ImageBatch {
  const length = original.pixels.length;
  const distance = (value: number, i: number) => Math.abs(value - (original.pixels[i % length] ?? 0));
  return { pixels: pixels.map((value, i) => Math.min(255, amplification * distance(value, i))), shape };
}
