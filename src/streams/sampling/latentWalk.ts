import { concatMap, finalize, map, type Observable, range, toArray } from 'rxjs';
import { checkCount, checkFiniteAmount, checkSeed } from '../../base/checkNumbers.js';
import { imageAt, joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';
import { releaseIdleMemory } from '../../engine/idleMemory.js';
import * as tf from '../../engine/tf.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { Nvae } from '../../model/nvae.js';
import { checkTemperature } from '../../model/nvae.js';
import { keyedGenerator, keyedNoise, normalValues } from '../../model/random.js';
import { renderImages } from '../../model/renderImages.js';
import type { Temperature } from '../../model/sampleSource.js';

/** Options of `latentWalk`. */
export interface LatentWalkOptions {
  /** Standard deviation of the original's noise: one number, or one per latent group. @default 1 */
  readonly temperature?: Temperature;
  /** Standard deviation of the new noise in the group. @default 0.4 */
  readonly variation?: number;
  /** Number of variants per group. @default 8 */
  readonly variants?: number;
  /** The only latent group to vary, from 0. @default all, one after the other */
  readonly group?: number;
  /** Whether to resample one position of the group at a time, all in turn; needs `group`. @default false */
  readonly spatial?: boolean;
  /** Statistic of the output distribution to use for pixels. @default 'mean' */
  readonly statistic?: Statistic;
  /** Seed of all noise. @default 0 */
  readonly seed?: number;
}

/** One image, and its variants with other noise in one latent group. */
export interface LatentVariants {
  /** Number of the latent group, from 0. */
  readonly group: number;
  /** The group's scale; 0 has the largest latents. */
  readonly scale: number;
  /** Height and width of the group's latents. */
  readonly size: number;
  /** Row of the resampled positions, one column per variant; null: all positions at once. */
  readonly row: number | null;
  /** `[1, height, width, channels]`; the same in all values. */
  readonly original: ImageBatch;
  /** `[variants, height, width, channels]`. */
  readonly variants: ImageBatch;
}

/** Number of images decoded at a time. */
const atOnce = 8;

/**
 * Shows what each latent group does to an image: resamples the noise of one group and keeps the others'.
 *
 *     latentWalk            --0--1--(2|)     one value per group
 *     latentWalk, spatial   --a--b--(c|)     one value per row of positions
 *
 * Cold. Values are made one after the other, a few images at a time; the same seed gives the same values. If the consumer may be
 * slower, request one group at a time:
 *
 *     range(0, model.latentShapes.length).pipe(
 *       mapAhead((group) => latentWalk(model, { group }), ({ variants }) => slow(variants), { ahead: 1 }),
 *     )
 *
 * Ownership: the model stays the caller's; values are plain data, and no tensor remains.
 *
 * @param model decodes the latents
 * @param options noise, groups, seed
 * @throws RangeError at call time when an option is out of range for the model
 *
 * @example
 * ```ts
 * import { latentWalk, loadModel, toGrid, useEngine, writeImages } from 'rx-nvae';
 * import { finalize, map } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * latentWalk(model, { temperature: 0.7 })
 *   .pipe(
 *     map(({ variants }) => variants),
 *     toGrid({ columns: 8 }),
 *     writeImages((group) => `groups/${group}.png`, 'grid'),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe();
 * ```
 */
export function latentWalk(model: Nvae, options: LatentWalkOptions = {}): Observable<LatentVariants> {
  const { group, spatial = false } = options;
  check(model, options);
  if (group !== undefined && spatial) {
    const [size] = model.latentShapes[group] ?? [0];
    return range(0, size).pipe(
      concatMap((row) => variantsOf(model, group, row, options)),
      finalize(releaseIdleMemory),
    );
  }
  const groups$ = group === undefined ? range(0, model.latentShapes.length) : range(group, 1);
  return groups$.pipe(
    concatMap((one) => variantsOf(model, one, null, options)),
    finalize(releaseIdleMemory),
  );
}

function check(
  model: Nvae,
  { temperature = 1, variation = 0.4, variants = 8, group, spatial, seed = 0 }: LatentWalkOptions,
): void {
  checkTemperature(temperature, model.latentShapes.length);
  checkFiniteAmount('latentWalk', 'variation', variation);
  checkCount('latentWalk', 'variants', variants);
  checkSeed('latentWalk', seed);
  const groups = model.latentShapes.length;
  if (group !== undefined && !(Number.isInteger(group) && group >= 0 && group < groups)) {
    throw new RangeError(`latentWalk: group must be an integer from 0 to ${groups - 1}, got ${group}`);
  }
  if (spatial && group === undefined) throw new RangeError('latentWalk: spatial needs a group, got none');
}

function variantsOf(
  model: Nvae,
  group: number,
  row: number | null,
  options: LatentWalkOptions,
): Observable<LatentVariants> {
  const [size] = model.latentShapes[group] ?? [0];
  const count = row === null ? (options.variants ?? 8) : size;
  const { scale = 0 } = model.plan.groups[group] ?? {};
  return range(0, Math.ceil((count + 1) / atOnce)).pipe(
    concatMap((part) => decodedPart(model, { group, row, count, part }, options)),
    toArray(),
    map((parts) => {
      const { pixels, shape } = joinImages(parts);
      const [, height, width, channels] = shape;
      const variants: ImageBatch = {
        pixels: pixels.slice(height * width * channels),
        shape: [count, height, width, channels],
      };
      return { group, scale, size, row, original: imageAt({ pixels, shape }, 0), variants };
    }),
  );
}

interface Part {
  readonly group: number;
  readonly row: number | null;
  /** Total number of variants; the original comes before them. */
  readonly count: number;
  /** Index of the part; a part is decoded at a time. */
  readonly part: number;
}

function decodedPart(
  model: Nvae,
  { group, row, count, part }: Part,
  options: LatentWalkOptions,
): Promise<ImageBatch> {
  const { statistic = 'mean', seed = 0 } = options;
  const length = Math.min(atOnce, count + 1 - part * atOnce);
  const indices = Array.from({ length }, (_, i) => part * atOnce + i);
  return renderImages(() => {
    const noise = model.latentShapes.map((shape, level) =>
      level === group
        ? variedNoise(shape, group, row, indices, options)
        : tf.tile(baseNoise(shape, level, options), [length, 1, 1, 1]),
    );
    return model.generateFromLatents(noise, keyedNoise(seed, 'walk', part), statistic);
  });
}

type LatentShape = readonly [height: number, width: number, channels: number];

/** Noise of the original, `[1, height, width, channels]`. */
function baseNoise(
  shape: LatentShape,
  level: number,
  { temperature = 1, seed = 0 }: LatentWalkOptions,
): tf.Tensor4D {
  const scale = typeof temperature === 'number' ? temperature : (temperature[level] ?? 1);
  const values = normalValues(keyedGenerator(seed, `walk/${level}`, 0), shape[0] * shape[1] * shape[2]);
  return tf.tensor4d(
    values.map((value) => scale * value),
    [1, ...shape],
  );
}

/** Noise of the images with these indices: 0 is the original, variants count from 1. */
function variedNoise(
  shape: LatentShape,
  level: number,
  row: number | null,
  indices: readonly number[],
  options: LatentWalkOptions,
): tf.Tensor4D {
  const { variation = 0.4, seed = 0 } = options;
  const [height, width, channels] = shape;
  const base = baseNoise(shape, level, options);
  const all = indices.map((index) => {
    if (index === 0) return base;
    // The new noise at a position is the same whether it is resampled alone or with all others.
    const draw = row === null ? index : 1;
    const values = normalValues(keyedGenerator(seed, `walk/${level}`, draw), height * width * channels);
    const fresh = tf.tensor4d(
      values.map((value) => variation * value),
      [1, ...shape],
    );
    if (row === null) return fresh;
    const at = tf.buffer([1, height, width, 1], 'bool');
    at.set(true, 0, row, index - 1, 0);
    return tf.where(tf.tile(at.toTensor(), [1, 1, 1, channels]), fresh, base);
  });
  return tf.concat(all, 0);
}
