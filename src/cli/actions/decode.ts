/** `nvae decode`: writes the images of latents, one file each. */
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { concatMap, from, lastValueFrom, map, type Observable, of, scan, takeUntil, tap } from 'rxjs';
import { messageOf } from '../../base/errors.js';
import { imageAt } from '../../base/imageBatches.js';
import type { NamedImages } from '../../base/plainData.js';
import { checkLatentsFile, type LatentsFile, openLatents } from '../../checkpoint/latents/latentsFile.js';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import { mapAhead } from '../../streams/flow/mapAhead.js';
import { decodings } from '../../streams/latents/decodings.js';
import { latentRecipes } from '../../streams/latents/readLatents.js';
import { writeImages } from '../../streams/writers/writeImages.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { findModel } from '../sampling/findModel.js';
import { namedFiles } from '../sampling/namedFiles.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput } from '../terminal/output.js';
import { withProgress } from '../terminal/withProgress.js';

interface DecodeOptions extends CommonOptions {
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly folder: string;
  readonly batch: number;
  readonly out?: string;
  readonly statistic: Statistic;
}

const extension = '.safetensors';

export async function decode(model: string, latents: string, options: DecodeOptions): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, batch, statistic, out, seed = 0 } = options;
  let decoding = false;
  const interruption = listenForInterruption(() => {
    if (decoding) output.progress('stopping after this batch; Ctrl-C again aborts');
  });
  const { stop$ } = interruption;
  try {
    const file = await findModel(model, options.folder, output);
    const files = await latentsFiles(latents);
    const total = files.reduce((sum, { images }) => sum + images, 0);
    const name = `${basename(latents, extname(latents))}_decoded`;
    const pathOf = await namedFiles(out, { name, parent: join(options.folder, 'images'), count: total });
    let done = 0;
    const write = ({ names, pixels, shape }: NamedImages): Observable<{ path: string; image: string }> =>
      from(names).pipe(
        concatMap((image, i) => {
          const path = pathOf(image, done);
          done += 1;
          return of(imageAt({ pixels, shape }, i)).pipe(
            writeImages(path),
            map(() => ({ path, image })),
          );
        }),
      );
    const written$ = withAdjustedModel(
      file,
      // Decoding uses the batch-norm averages from training unchanged.
      { engine, config, weights, temperature: 1, iterations: 0, batchSize: 1, seed, stop$ },
      output,
      (loaded) => {
        for (const one of files) checkLatentsFile(one, loaded.latentShapes, `the model ${file}`);
        decoding = true;
        return withProgress(output, { label: 'decoding', total, unit: 'images' }, (bar) =>
          latentRecipes(files, batch).pipe(
            mapAhead((recipe) => decodings(loaded, of(recipe), { statistic, seed }), write, {
              ahead: 1,
              stop$,
            }),
            tap(() => bar.at(done)),
          ),
        );
      },
    );
    const pictures = await lastValueFrom(
      written$.pipe(
        tap(({ path, image }) => output.result({ type: 'picture', path, image }, path)),
        scan((count) => count + 1, 0),
        takeUntil(fromAbort(interruption.signal)),
      ),
      { defaultValue: 0 },
    );
    const { interrupted } = interruption;
    output.event({ type: 'decodings', pictures, interrupted });
    if (!interrupted) return;
    output.progress(`stopped after ${pictures} of ${total} pictures`);
    process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

/** The headers of one file, or of all files in a folder and its subfolders, in order of their names. */
async function latentsFiles(path: string): Promise<LatentsFile[]> {
  const status = await stat(path).catch(() => null);
  if (!status?.isDirectory()) return [await openLatents(path)];
  const entries = await readdir(path, { recursive: true }).catch((error: unknown) => {
    throw new Error(`${path}: folder cannot be read (${messageOf(error)}); check its permissions`);
  });
  const names = entries.filter((name) => extname(name).toLowerCase() === extension).sort();
  if (names.length === 0)
    throw new Error(`${path}: no ${extension} files found; write some with nvae encode`);
  const files: LatentsFile[] = [];
  for (const name of names) files.push(await openLatents(join(path, name)));
  return files;
}
