import { finalize, isObservable, map, type Observable, type ObservableInput } from 'rxjs';
import { checkCount, checkSeed } from '../../base/checkNumbers.js';
import type { Encoding, NamedImages } from '../../base/plainData.js';
import { releaseIdleMemory } from '../../engine/idleMemory.js';
import { type DecodeLatentsOptions, decodeLatents } from '../../model/decodeLatents.js';
import type { Nvae } from '../../model/nvae.js';
import type { Recipe } from '../images/recipe.js';
import { makeAhead } from './makeAhead.js';
import { readLatents } from './readLatents.js';

/** Latents to read one batch at a time: the path of a file, or a stream of encodings or of their recipes. */
export type LatentSource = string | Observable<Recipe<Encoding> | Encoding>;

/** Options of `decodings`. */
export interface DecodingsOptions extends DecodeLatentsOptions {
  /** Images per batch, for files; it changes nothing beyond rounding. @default 16 */
  readonly batchSize?: number;
  /** When it first emits, the running batch finishes and the stream completes. @default never */
  readonly stop$?: ObservableInput<unknown>;
}

/**
 * Decodes latents to images, batch by batch.
 *
 *     source      ab--------(c|)
 *     decodings   --A--B----(C|)
 *
 * One batch is read ahead of the one that is decoded, whatever the size of the file. Images are emitted as fast as they are made;
 * if the consumer is slower, request one batch at a time:
 *
 *     readLatents(path).pipe(
 *       mapAhead((recipe) => decodings(model, of(recipe)), (images) => of(images).pipe(writeImages(pathOf)), { ahead: 1 }),
 *     )
 *
 * Cold. Unsubscribing finishes the batch that is being decoded and starts no further one.
 * Ownership: the model stays the caller's; images are plain data, and no tensor remains.
 *
 * @param model decodes
 * @param source a file of `writeLatents` or of another program, or a stream of encodings
 * @param options statistic, seed, batch size
 * @returns batches `[n, size, size, channels]` with the names of the images
 * @throws RangeError at call time when a number is out of range; in the stream when an encoding does not fit the model
 * @throws CheckpointError in the stream when the file is damaged or does not fit the model
 * @throws NonFiniteLatentsError in the stream when a latent is not finite
 *
 * @example
 * ```ts
 * import { decodings, loadModel, useEngine, writeImages } from 'rx-nvae';
 * import { finalize } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * decodings(model, 'photos.safetensors')
 *   .pipe(
 *     writeImages((i) => `decoded/${i}.png`),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe();
 * ```
 */
export function decodings(
  model: Nvae,
  source: LatentSource,
  { batchSize = 16, stop$, ...options }: DecodingsOptions = {},
): Observable<NamedImages> {
  checkCount('decodings', 'batchSize', batchSize);
  checkSeed('decodings', options.seed ?? 0);
  const recipes$ = isObservable(source)
    ? source.pipe(map(recipeOf))
    : readLatents(source, { batchSize, shapes: model.latentShapes });
  return recipes$.pipe(
    makeAhead((encoding) => decodeLatents(model, encoding, options), stop$),
    finalize(releaseIdleMemory),
  );
}

function recipeOf(value: Recipe<Encoding> | Encoding): Recipe<Encoding> {
  return 'make' in value ? value : { images: value.names.length, make: async () => value };
}
