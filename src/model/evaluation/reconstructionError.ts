import type { ImageBatch } from '../../base/plainData.js';
import { ssim } from './ssim.js';

/** How far reconstructions are from their images, one number per image. */
export interface ReconstructionError {
  /** Mean squared error of values from 0 to 1. */
  readonly meanSquaredError: Float64Array;
  /** Peak signal-to-noise ratio in decibels, at most 100. */
  readonly psnr: Float64Array;
  /** Structural similarity, at most 1. */
  readonly ssim: Float64Array;
}

/** The mean squared error of 100 decibels: far below the rounding of images to 8 bits. */
const smallestError = 1e-10;

/** @param reconstructions values from 0 to 1 in the layout of the images, not rounded to 8 bits */
export function reconstructionError(images: ImageBatch, reconstructions: Float32Array): ReconstructionError {
  const [count, size, , channels] = images.shape;
  const length = size * size * channels;
  const error = {
    meanSquaredError: new Float64Array(count),
    psnr: new Float64Array(count),
    ssim: new Float64Array(count),
  };
  for (let image = 0; image < count; image += 1) {
    const original = Float64Array.from(
      images.pixels.subarray(image * length, (image + 1) * length),
      (value) => value / 255,
    );
    const other = reconstructions.subarray(image * length, (image + 1) * length);
    const squares = original.reduce((sum, value, i) => sum + (value - other[i]!) ** 2, 0);
    error.meanSquaredError[image] = squares / length;
    error.psnr[image] = -10 * Math.log10(Math.max(squares / length, smallestError));
    error.ssim[image] = ssim(original, other, size, channels);
  }
  return error;
}
