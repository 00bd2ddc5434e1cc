import { finalize, type Observable } from 'rxjs';
import { checkSeed } from '../../base/checkNumbers.js';
import type { ImageBatch } from '../../base/plainData.js';
import { releaseIdleMemory } from '../../engine/idleMemory.js';
import { binarizedImages } from '../../model/binarizedImages.js';
import { type DecodeLatentsOptions, decodeLatents } from '../../model/decodeLatents.js';
import { type EncodeImagesOptions, encodeImages } from '../../model/encodeImages.js';
import type { Nvae } from '../../model/nvae.js';
import { batchesOf, type ImageSource } from '../images/batchesOf.js';
import type { ReadImagesOptions } from './encodings.js';
import { makeAhead } from './makeAhead.js';

/** Options of `reconstructions`. */
export interface ReconstructionsOptions
  extends EncodeImagesOptions,
    DecodeLatentsOptions,
    ReadImagesOptions {}

/** Images of a batch, and what the model makes of them. */
export interface Reconstruction {
  /** One name per image. */
  readonly names: readonly string[];
  /** The images as the model gets them, binary if `model.binarize` says so, `[n, size, size, channels]`. */
  readonly originals: ImageBatch;
  /** The same images encoded and decoded again, `[n, size, size, channels]`. */
  readonly images: ImageBatch;
}

/**
 * Reconstructs images, batch by batch: the same images as `decodings` makes of the result of `encodings`.
 *
 *     source            ab--------(c|)
 *     reconstructions   --A--B----(C|)
 *
 * Reads, skips and draws as `encodings` does, and holds as little. Cold. Unsubscribing finishes the running batch.
 * Ownership: the model stays the caller's; reconstructions are plain data, and no tensor remains.
 *
 * @param model encodes and decodes
 * @param source the path of a folder or of a file of many images, a dataset, or a stream of batches or their recipes, of the model's size
 * @param options mean or draw of the posterior, statistic, seed, batch size, warnings
 * @throws RangeError at call time when a number is out of range; in the stream when an image has another size
 * @throws DatasetError in the stream when the images cannot be listed
 *
 * @example
 * ```ts
 * import { joinImages, loadModel, reconstructions, toGrid, useEngine, writeImages } from 'rx-nvae';
 * import { finalize, map } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * reconstructions(model, 'photos', { batchSize: 8 })
 *   .pipe(
 *     map(({ originals, images }) => joinImages([originals, images])),
 *     toGrid({ columns: 8 }),
 *     writeImages((i) => `pairs/${i}.png`, 'grid'),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe();
 * ```
 */
export function reconstructions(
  model: Nvae,
  source: ImageSource,
  { batchSize = 16, stop$, onWarning, statistic = 'mean', seed = 0, ...options }: ReconstructionsOptions = {},
): Observable<Reconstruction> {
  checkSeed('reconstructions', seed);
  return batchesOf(
    'reconstructions',
    source,
    { model, batchSize, onWarning },
    makeAhead(async (given): Promise<Reconstruction> => {
      const binary = binarizedImages(given, model.binarize, { seed, keys: given.names });
      const { names, pixels, shape } = binary;
      const encoding = await encodeImages(model, binary, { ...options, seed });
      const { names: _, ...images } = await decodeLatents(model, encoding, { statistic, seed });
      return { names, originals: { pixels, shape }, images };
    }, stop$),
  ).pipe(finalize(releaseIdleMemory));
}
