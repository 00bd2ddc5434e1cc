import { checkSeed } from '../base/checkNumbers.js';
import { nextTurn } from '../base/nextTurn.js';
import type { Encoding, LatentValues, NamedImages } from '../base/plainData.js';
import * as tf from '../engine/tf.js';
import { binarizedImages } from './binarizedImages.js';
import { checkFiniteLatents } from './checkEncoding.js';
import { imageNoise } from './imageNoise.js';
import { imagesToTensor } from './imageTensors.js';
import type { EncodeOptions, Nvae } from './nvae.js';

/** Options of `encodeImages`. */
export interface EncodeImagesOptions extends EncodeOptions {
  /** Seed of the draws from the posterior and of binary values; those of an image depend on it and on the image's name only. @default 0 */
  readonly seed?: number;
}

/**
 * Encodes images to latents as plain data: those the decoder sees in training, after the flow. `decodeLatents` makes images of them.
 * Images are made binary first if `model.binarize` says so.
 * @param model stays the caller's; no tensor remains
 * @param images images of the model's size, with one name each
 * @param options a draw or the mean of the posterior, the seed, and whether to skip free flows
 * @throws RangeError when the images have another size, or there is not one name per image
 * @throws NonFiniteLatentsError when a latent is not finite
 * @example
 * const { latents } = await encodeImages(model, images, { latents: 'mean' });
 */
export async function encodeImages(
  model: Nvae,
  images: NamedImages,
  { seed = 0, ...options }: EncodeImagesOptions = {},
): Promise<Encoding> {
  checkSeed('encodeImages', seed);
  const { names } = images;
  if (names.length !== images.shape[0]) {
    throw new RangeError(
      `encodeImages: names must be one per image, ${images.shape[0]}, got ${names.length}`,
    );
  }
  const binary = binarizedImages(images, model.binarize, { seed, keys: names });
  const tensors = tf.tidy(() =>
    model.encode(
      imagesToTensor(binary, model.config.inputDimension, model.config.imageChannels),
      imageNoise(seed, 'encode', names),
      options,
    ),
  );
  try {
    await nextTurn();
    const read = async (tensor: tf.Tensor4D, group: number): Promise<LatentValues> => {
      const data = (await tensor.data<'float32'>()).slice();
      checkFiniteLatents(names, group, data);
      return { dtype: 'float32', shape: tensor.shape, data };
    };
    return { names, latents: await Promise.all(tensors.map(read)) };
  } finally {
    tf.dispose(tensors);
  }
}
