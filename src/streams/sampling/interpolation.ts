import { concatMap, defer, finalize, map, type Observable, range } from 'rxjs';
import { checkSeed, checkWhole } from '../../base/checkNumbers.js';
import { imageAt } from '../../base/imageBatches.js';
import type { ImageBatch, NamedImages, TensorData } from '../../base/plainData.js';
import { releaseIdleMemory } from '../../engine/idleMemory.js';
import * as tf from '../../engine/tf.js';
import { binarizedImages } from '../../model/binarizedImages.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import { imagesToTensor } from '../../model/imageTensors.js';
import type { Nvae } from '../../model/nvae.js';
import { keyedNoise } from '../../model/random.js';
import { renderImages } from '../../model/renderImages.js';

/** Options of `interpolation`. */
export interface InterpolationOptions {
  /** Number of images between the two. @default 1 */
  readonly n?: number;
  /** Whether to apply flows that are not fixed, as in training; the PyTorch implementation omits them. @default true */
  readonly freeFlow?: boolean;
  /** Statistic of the output distribution to use for pixels. @default 'mean' */
  readonly statistic?: Statistic;
  /** Seed of the draw from the posterior. @default 0 */
  readonly seed?: number;
}

/** Number of points decoded at a time. */
const atOnce = 8;

/**
 * The images between two images: encodes both, mixes their latents in equal steps, and decodes them.
 *
 *     interpolation   --a--b--(c|)     n images, `[1, size, size, channels]` each
 *
 * Image i of n is (1 - i / (n + 1)) of the first and i / (n + 1) of the second, i = 1 ... n. The two images themselves are not
 * included. Cold; the same seed gives the same images. Images are made binary first if `model.binarize` says so, with their names as
 * keys, if they have some.
 * Ownership: model and images stay the caller's; the emitted images are plain data, and no tensor remains.
 *
 * @param model encodes and decodes
 * @param first one image, `[1, size, size, channels]`, of the model's size
 * @param second another image of the same size
 * @param options number of images, statistic, seed
 * @throws RangeError at call time when a number is out of range; in the stream when an image has another size
 *
 * @example
 * ```ts
 * import { type ImageBatch, interpolation, loadModel, useEngine, writeImages } from 'rx-nvae';
 * import { finalize } from 'rxjs';
 *
 * async function between(cat: ImageBatch, dog: ImageBatch) {
 *   await useEngine();
 *   const model = await loadModel('saved_weights/final_result_demo.model');
 *   interpolation(model, cat, dog, { n: 7 })
 *     .pipe(
 *       writeImages((i) => `between/${i}.png`),
 *       finalize(() => model.dispose()),
 *     )
 *     .subscribe();
 * }
 * ```
 */
export function interpolation(
  model: Nvae,
  first: ImageBatch,
  second: ImageBatch,
  options: InterpolationOptions = {},
): Observable<ImageBatch> {
  const { n = 1, seed = 0 } = options;
  checkWhole('interpolation', 'n', n);
  checkSeed('interpolation', seed);
  return defer(async () => [
    await latentsOf(model, first, options),
    await latentsOf(model, second, options),
  ]).pipe(
    concatMap(([a = [], b = []]) =>
      range(0, Math.ceil(n / atOnce)).pipe(
        map((i) => ({ begin: i * atOnce, end: Math.min(n, (i + 1) * atOnce) })),
        concatMap(({ begin, end }) => defer(() => decoded(model, a, b, { begin, end, n }, options))),
        concatMap((batch) => range(0, batch.shape[0]).pipe(map((i) => imageAt(batch, i)))),
      ),
    ),
    finalize(releaseIdleMemory),
  );
}

/** Reads latents into plain arrays: tensors would leak if the stream is unsubscribed. */
async function latentsOf(
  model: Nvae,
  given: ImageBatch & Partial<NamedImages>,
  { freeFlow = true, seed = 0 }: InterpolationOptions,
): Promise<TensorData[]> {
  const image = binarizedImages(given, model.binarize, { seed, ...(given.names && { keys: given.names }) });
  const latents = tf.tidy(() => {
    const images = imagesToTensor(image, model.config.inputDimension, model.config.imageChannels);
    return model.encode(images, keyedNoise(seed, 'interpolation', 0), { freeFlow });
  });
  try {
    const read = async (latent: tf.Tensor4D): Promise<TensorData> => ({
      dtype: 'float32',
      shape: latent.shape,
      data: (await latent.data<'float32'>()).slice(),
    });
    return await Promise.all(latents.map(read));
  } finally {
    tf.dispose(latents);
  }
}

interface Points {
  /** Index of the first point. */
  readonly begin: number;
  /** Index after the last point. */
  readonly end: number;
  /** Total number of points. */
  readonly n: number;
}

function decoded(
  model: Nvae,
  first: readonly TensorData[],
  second: readonly TensorData[],
  { begin, end, n }: Points,
  { statistic = 'mean', seed = 0 }: InterpolationOptions,
): Promise<ImageBatch> {
  return renderImages(() => {
    const shares = Array.from({ length: end - begin }, (_, i) => (begin + i + 1) / (n + 1));
    const share = tf.tensor4d(shares, [shares.length, 1, 1, 1]);
    const mixed = first.map((a, i): tf.Tensor4D => {
      const b = second[i] ?? a;
      const [from, to] = [a, b].map(({ data, shape }) => tf.tensor(data, [...shape]));
      return tf.add(tf.mul(from!, tf.sub(1, share)), tf.mul(to!, share));
    });
    return model.decode(mixed, keyedNoise(seed, 'interpolation/decode', 0), statistic);
  });
}
