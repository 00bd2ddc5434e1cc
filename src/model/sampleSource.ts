import type { ImageBatch } from '../base/plainData.js';
import type { Statistic } from './distributions/outputDistribution.js';

/** One temperature for all latent groups, or one per group, level 0 first. */
export type Temperature = number | readonly number[];

/** Options of `sampleImages`. */
export interface SampleImagesOptions {
  /** Which value of the output distribution a pixel gets. @default 'mean' */
  readonly statistic?: Statistic;
  /** Seed of the noise. @default 0 for a model; the run's seed for a trainer */
  readonly seed?: number;
  /** Selects different images for the same seed. @default 0 */
  readonly draw?: number;
}

/**
 * Anything that produces new images: an `Nvae`, a `Trainer`, or your own object with this method (another process, a
 * server, a fake in a test).
 *
 * @example
 * ```ts
 * import { type SampleSource, samples } from 'rx-nvae';
 *
 * const grey: SampleSource = {
 *   sampleImages: async (count) => ({ pixels: new Uint8Array(count * 192).fill(128), shape: [count, 8, 8, 3] }),
 * };
 * samples(grey, { count: 4 }).subscribe((batch) => console.log(batch.shape));
 * ```
 */
export interface SampleSource {
  /**
   * Samples new images from the prior.
   * @param count number of images
   * @param temperature multiplies the standard deviations of the latents
   * @param options statistic, seed and draw
   * @returns `[count, height, width, channels]` as plain data; the caller owns it
   */
  sampleImages(count: number, temperature: Temperature, options?: SampleImagesOptions): Promise<ImageBatch>;
}
