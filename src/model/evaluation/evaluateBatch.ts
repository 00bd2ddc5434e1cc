import { checkCount, checkSeed } from '../../base/checkNumbers.js';
import type { ImageBatch } from '../../base/plainData.js';
import * as tf from '../../engine/tf.js';
import { binarizedImages } from '../binarizedImages.js';
import { imageNoise } from '../imageNoise.js';
import type { Nvae } from '../nvae.js';
import type { BatchEvaluation } from './batchEvaluation.js';
import { drawImages } from './drawImages.js';
import { DrawSums } from './drawSums.js';
import { reconstructionError } from './reconstructionError.js';

/** Options of `evaluateBatch`. */
export interface EvaluateBatchOptions {
  /** Number of draws from the posterior per image; with more, the importance-weighted bound is tighter. */
  readonly samples: number;
  /** Seed of the draws. */
  readonly seed: number;
  /** One key per image, such as its name: the draws for an image depend on it, not on the batch or its place there. */
  readonly keys: readonly (string | number)[];
  /** Ends the evaluation before the next draw. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Called after each draw, with the number of draws done. */
  readonly onDraw?: ((draws: number) => void) | undefined;
}

/**
 * Measures how well a model describes images, in eval mode: bounds of the negative log likelihood, KL per latent group and errors
 * of the reconstruction, for each image. Images are made binary first if `model.binarize` says so. NaN where the model's output is not finite. Memory does not depend on the number
 * of draws; the event loop gets a turn after each.
 * @param model stays the caller's; no tensor remains
 * @param given images of the model's size, `[B, size, size, channels]`
 * @param options number of draws, seed and keys
 * @throws RangeError when an option is out of range, there is not one key per image, the images have another size,
 * or the model has `bernoulli` output and they are not binary
 * @throws the signal's reason when it aborts
 * @example
 * const { negativeElboMass } = await evaluateBatch(model, images, { samples: 1, seed: 1, keys: names });
 */
export async function evaluateBatch(
  model: Nvae,
  given: ImageBatch,
  { samples, seed, keys, signal, onDraw }: EvaluateBatchOptions,
): Promise<BatchEvaluation> {
  checkCount('evaluateBatch', 'samples', samples);
  checkSeed('evaluateBatch', seed);
  const count = given.shape[0];
  if (keys.length !== count) {
    throw new RangeError(`evaluateBatch: keys must be one per image, ${count}, got ${keys.length}`);
  }
  const images = binarizedImages(given, model.binarize, { seed, keys });
  const sums = new DrawSums(model.plan.groups.length, count);
  let first: readonly Float32Array[] = [];
  const draws = drawImages(model, images, {
    samples,
    signal,
    noiseOf: (draw) => imageNoise(seed, 'evaluation', keys, draw),
    alsoRead: ({ parameters, offsets }, draw) => {
      return draw > 0 ? [] : [tf.clipByValue(model.output(parameters).mean(), 0, 1), ...offsets];
    },
  });
  let done = 0;
  for await (const draw of draws) {
    sums.add(draw);
    if (done === 0) first = draw.more;
    done += 1;
    onDraw?.(done);
  }
  const [reconstructions, ...offsets] = first as [Float32Array, ...Float32Array[]];
  return { ...sums.result(), ...reconstructionError(images, reconstructions), offsets };
}
