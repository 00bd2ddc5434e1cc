import { defer, from, map, mergeMap, type Observable } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { joinEncodings } from '../../base/encodings.js';
import type { Encoding } from '../../base/plainData.js';
import {
  checkLatentsFile,
  type LatentsFile,
  latentsBetween,
  openLatents,
} from '../../checkpoint/latents/latentsFile.js';
import type { Recipe } from '../images/recipe.js';

/** Options of `readLatents`. */
export interface ReadLatentsOptions {
  /** Images per recipe; the last may have fewer. @default 16 */
  readonly batchSize?: number;
  /** Shapes that the latents must have, as `Nvae.latentShapes`. @default any */
  readonly shapes?: readonly (readonly number[])[];
}

/**
 * Reads a latents file as recipes, which read their images when they are made, so memory does not depend on the size of the file. It
 * may come from `writeLatents` or another program: a safetensors file with a tensor `latent.<group>` of
 * `[images, height, width, channels]` per latent group, in 32- or 64-bit floats.
 *
 *     readLatents   (abc|)     a.make() reads a
 *
 * Images have the names in the file, or else numbers from 0. Cold: the file is opened at every subscription.
 *
 * @param path the file
 * @param options images per recipe, expected shapes
 * @throws RangeError at call time when `batchSize` is not a positive integer
 * @throws CheckpointError in the stream when the file is missing, damaged, or has other shapes; from `make` when a value is not finite
 *
 * @example
 * ```ts
 * import { readLatents } from 'rx-nvae';
 * import { concatMap } from 'rxjs';
 *
 * readLatents('photos.safetensors')
 *   .pipe(concatMap((recipe) => recipe.make()))
 *   .subscribe((encoding) => console.log(encoding?.names));
 * ```
 */
export function readLatents(
  path: string,
  { batchSize = 16, shapes }: ReadLatentsOptions = {},
): Observable<Recipe<Encoding>> {
  checkCount('readLatents', 'batchSize', batchSize);
  return defer(() => openLatents(path)).pipe(
    mergeMap((file) => {
      if (shapes) checkLatentsFile(file, shapes, 'the model');
      return latentRecipes([file], batchSize);
    }),
  );
}

interface Slice {
  readonly file: LatentsFile;
  readonly begin: number;
  readonly end: number;
}

/** Recipes over the images of all files; a recipe may have images of several. */
export function latentRecipes(
  files: readonly LatentsFile[],
  batchSize: number,
): Observable<Recipe<Encoding>> {
  return from(slices(files, batchSize)).pipe(
    map((parts) => ({
      images: parts.reduce((sum, { begin, end }) => sum + end - begin, 0),
      make: async (signal) => {
        const made: Encoding[] = [];
        for (const { file, begin, end } of parts) {
          signal?.throwIfAborted();
          made.push(await latentsBetween(file, begin, end));
        }
        return joinEncodings(made);
      },
    })),
  );
}

function* slices(files: readonly LatentsFile[], batchSize: number): Generator<readonly Slice[]> {
  let parts: Slice[] = [];
  let missing = batchSize;
  for (const file of files) {
    for (let begin = 0; begin < file.images; ) {
      const end = Math.min(file.images, begin + missing);
      parts.push({ file, begin, end });
      missing -= end - begin;
      begin = end;
      if (missing > 0) continue;
      yield parts;
      [parts, missing] = [[], batchSize];
    }
  }
  if (parts.length > 0) yield parts;
}
