/** `nvae encode`: writes the latents of images to one file, or one file per image. */
import { basename, dirname, extname, sep } from 'node:path';
import { concatMap, lastValueFrom, type Observable, of, range, scan, takeUntil, tap } from 'rxjs';
import { encodingAt } from '../../base/encodings.js';
import { describeValue } from '../../base/messageText.js';
import type { Encoding } from '../../base/plainData.js';
import type { LatentsWritten } from '../../checkpoint/latents/latentsWriter.js';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Binarize } from '../../config/types.js';
import { sliceOf } from '../../data/itemsOf.js';
import type { Nvae } from '../../model/nvae.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import { mapAhead } from '../../streams/flow/mapAhead.js';
import { encodings } from '../../streams/latents/encodings.js';
import { writeLatents } from '../../streams/latents/writeLatents.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import type { LatentOptions } from '../commands/latentOptions.js';
import { exitCodes } from '../exitCodes.js';
import { type FoundImages, findImages } from '../sampling/findImages.js';
import { findModel } from '../sampling/findModel.js';
import { imageBatches } from '../sampling/imageBatches.js';
import { pathsIn } from '../sampling/namedFiles.js';
import { checkFolder, folderOf } from '../sampling/outputFiles.js';
import { tellBinarized } from '../sampling/tellBinarized.js';
import { tellFit } from '../sampling/tellFit.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput } from '../terminal/output.js';
import { withProgress } from '../terminal/withProgress.js';

interface EncodeOptions extends CommonOptions, LatentOptions {
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly folder: string;
  readonly out: string;
}

const extension = '.safetensors';

export async function encode(
  model: string,
  images: readonly string[],
  options: EncodeOptions,
): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, batch, count, latents, freeFlow, out, seed = 0 } = options;
  let encoding = false;
  let binarized: Binarize = 'none';
  let found: FoundImages | undefined;
  const interruption = listenForInterruption(() => {
    if (encoding) output.progress('stopping after this batch; Ctrl-C again aborts');
  });
  const { stop$ } = interruption;
  try {
    const file = await findModel(model, options.folder, output);
    found = await findImages(images, output.warning);
    const items = sliceOf(found.items, 0, count ?? found.items.length);
    const wanted = { dataset: found.dataset, items };
    const folder = await outputFolder(out);
    let done = 0;
    const written$ = withAdjustedModel(
      file,
      // Encoding uses the batch-norm averages from training unchanged.
      { engine, config, weights, temperature: 1, iterations: 0, batchSize: 1, seed, stop$ },
      output,
      (loaded) => {
        encoding = true;
        binarized = tellBinarized(loaded, output);
        tellFit(loaded, output);
        const metadata = metadataOf(file, loaded, options);
        const batches$ = imageBatches(wanted, loaded, batch, output);
        const work = { label: 'encoding', total: items.length, unit: 'images' };
        return withProgress(output, work, (bar): Observable<LatentsWritten> => {
          const made = ({ names }: Encoding) => {
            done += names.length;
            bar.at(done);
          };
          const how = { latents, freeFlow, seed };
          if (folder === null) {
            return encodings(loaded, batches$, { ...how, stop$ }).pipe(
              tap(made),
              writeLatents(out, { metadata }),
            );
          }
          const pathOf = pathsIn(folder, extension);
          const write = (batch: Encoding) =>
            range(0, batch.names.length).pipe(
              concatMap((i) =>
                of(encodingAt(batch, i)).pipe(writeLatents(pathOf(batch.names[i] ?? ''), { metadata })),
              ),
            );
          return batches$.pipe(
            mapAhead((recipe) => encodings(loaded, of(recipe), how).pipe(tap(made)), write, {
              ahead: 1,
              stop$,
            }),
          );
        });
      },
    );
    const written = await lastValueFrom(
      written$.pipe(
        tap(({ path, images: inside, named }) => {
          output.result({ type: 'latents', path, images: inside, named }, path);
          if (!named) output.warning(`${path}: has no names, since they need more than 8 MiB`);
        }),
        scan((sum, { images: inside }) => ({ files: sum.files + 1, images: sum.images + inside }), {
          files: 0,
          images: 0,
        }),
        takeUntil(fromAbort(interruption.signal)),
      ),
      { defaultValue: { files: 0, images: 0 } },
    );
    const { interrupted } = interruption;
    if (done === 0 && !interrupted) throw new Error(`${images.join(', ')}: no image could be read`);
    output.event({ type: 'encodings', ...written, binarized, interrupted });
    if (!interrupted) return;
    output.progress(`stopped after ${written.images} of ${items.length} images`);
    process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
    await found?.dataset.close?.();
  }
}

/** The folder for one file per image; null if `out` is one file for all. */
async function outputFolder(out: string): Promise<string | null> {
  const folder = await folderOf(out, out);
  if (folder === null && extname(out).toLowerCase() !== extension) {
    const given = describeValue(extname(out));
    throw new Error(`--out: cannot write ${given} files; use ${extension}, or end a folder in ${sep}`);
  }
  await checkFolder(folder ?? dirname(out));
  return folder;
}

/** What a reader needs to know of the latents. */
function metadataOf(
  file: string,
  model: Nvae,
  { latents, freeFlow, seed = 0 }: EncodeOptions,
): Record<string, string> {
  return {
    model: basename(file),
    config: JSON.stringify(model.config),
    latents,
    seed: String(seed),
    free_flow: String(freeFlow),
    binarized: model.binarize,
  };
}
