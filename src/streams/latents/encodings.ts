import { finalize, type Observable, type ObservableInput } from 'rxjs';
import { checkSeed } from '../../base/checkNumbers.js';
import type { Encoding } from '../../base/plainData.js';
import { releaseIdleMemory } from '../../engine/idleMemory.js';
import { type EncodeImagesOptions, encodeImages } from '../../model/encodeImages.js';
import type { Nvae } from '../../model/nvae.js';
import { batchesOf, type ImageSource } from '../images/batchesOf.js';
import { makeAhead } from './makeAhead.js';

/** Options of `encodings` and `reconstructions` about the images they read. */
export interface ReadImagesOptions {
  /** Images per batch, for folders and datasets; it changes nothing beyond rounding. @default 16 */
  readonly batchSize?: number;
  /** When it first emits, the running batch finishes and the stream completes. @default never */
  readonly stop$?: ObservableInput<unknown>;
  /** Called for what is left out of a folder, and for each image that is skipped. @default warnings are dropped */
  readonly onWarning?: (message: string) => void;
}

/** Options of `encodings`. */
export interface EncodingsOptions extends EncodeImagesOptions, ReadImagesOptions {}

/**
 * Encodes images to latents, batch by batch: those the decoder sees in training, after the flow. `decodings` makes images of them,
 * `writeLatents` a file.
 *
 *     source      ab--------(c|)
 *     encodings   --A--B----(C|)
 *
 * One batch is read ahead of the one that is encoded, so memory does not depend on the number of images. Damaged images are
 * skipped with a warning. What is drawn for an image depends on the seed and its name only, so order and batch size change nothing beyond rounding.
 *
 * Encodings are emitted as fast as they are made. If the consumer is slower and asynchronous, request one at a time:
 *
 *     images(folder).pipe(
 *       decodeImages({ size, channels }),
 *       batch(16),
 *       mapAhead((recipe) => encodings(model, of(recipe)), upload, { ahead: 1 }),
 *     )
 *
 * Cold. Unsubscribing finishes the batch that is being encoded and starts no further one.
 * Ownership: the model stays the caller's; encodings are plain data, and no tensor remains.
 *
 * @param model encodes
 * @param source the path of a folder or of a file of many images, a dataset, or a stream of batches or their recipes, of the model's size
 * @param options mean or draw of the posterior, seed, batch size, warnings
 * @throws RangeError at call time when a number is out of range; in the stream when an image has another size
 * @throws DatasetError in the stream when the images cannot be listed
 *
 * @example
 * ```ts
 * import { encodings, loadModel, useEngine, writeLatents } from 'rx-nvae';
 * import { finalize } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * encodings(model, 'photos', { latents: 'mean', onWarning: console.warn })
 *   .pipe(
 *     writeLatents('photos.safetensors'),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe(({ path, images }) => console.log(path, images));
 * ```
 */
export function encodings(
  model: Nvae,
  source: ImageSource,
  { batchSize = 16, stop$, onWarning, ...options }: EncodingsOptions = {},
): Observable<Encoding> {
  checkSeed('encodings', options.seed ?? 0);
  return batchesOf(
    'encodings',
    source,
    { model, batchSize, onWarning },
    makeAhead((images) => encodeImages(model, images, options), stop$),
  ).pipe(finalize(releaseIdleMemory));
}
