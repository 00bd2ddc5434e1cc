import { checkSeed } from '../base/checkNumbers.js';
import type { Encoding, NamedImages } from '../base/plainData.js';
import * as tf from '../engine/tf.js';
import { checkEncoding } from './checkEncoding.js';
import type { Statistic } from './distributions/outputDistribution.js';
import { imageNoise } from './imageNoise.js';
import type { Nvae } from './nvae.js';
import { renderImages } from './renderImages.js';

/** Options of `decodeLatents`. */
export interface DecodeLatentsOptions {
  /** Which value of the output distribution a pixel gets. @default 'mean' */
  readonly statistic?: Statistic;
  /** Seed of the statistic `sample`; the draws for an image depend on it and on the image's name only. @default 0 */
  readonly seed?: number;
}

/**
 * Decodes latents to images, both as plain data. The latents may come from `encodeImages`, from a file, or from a program that
 * edited them.
 * @param model stays the caller's; no tensor remains
 * @param encoding latents of all groups, and names
 * @param options statistic and seed
 * @throws RangeError when the latents do not fit the model
 * @throws NonFiniteLatentsError when a latent is not finite
 * @throws NonFiniteImagesError when the network's output is not finite
 * @example
 * const { pixels } = await decodeLatents(model, await encodeImages(model, images));
 */
export async function decodeLatents(
  model: Nvae,
  encoding: Encoding,
  { statistic = 'mean', seed = 0 }: DecodeLatentsOptions = {},
): Promise<NamedImages> {
  checkSeed('decodeLatents', seed);
  checkEncoding('decodeLatents', encoding, model.latentShapes);
  const { names, latents } = encoding;
  const images = await renderImages(() => {
    const tensors = latents.map(({ data, shape }) => tf.tensor4d(data, [...shape]));
    return model.decode(tensors, imageNoise(seed, 'decode', names), statistic);
  });
  return { ...images, names };
}
