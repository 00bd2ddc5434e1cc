/** Passes in eval mode that keep the log densities of every latent group. */
import { nextTurn } from '../../base/nextTurn.js';
import type { ImageBatch } from '../../base/plainData.js';
import * as tf from '../../engine/tf.js';
import { logMassOfImages } from '../distributions/logMass.js';
import { imagesToTensor } from '../imageTensors.js';
import { drawPosterior, latentKl, latentLogDensities } from '../latents.js';
import { flow } from '../layers/flow.js';
import type { Nvae } from '../nvae.js';
import type { Pass } from '../pass.js';
import type { Noise } from '../random.js';
import { decoderTower, encoderTower } from '../towers.js';

/** One draw of all latent groups for each image of a batch: plain numbers, in nats. */
export interface ImageDraw {
  /** KL as training computes it, `[level][image]`: closed form for fixed flows, else `logQ` - `logPrior`. */
  readonly kl: readonly Float64Array[];
  /** Log density of the latent under its posterior, `[level][image]`. */
  readonly logQ: readonly Float64Array[];
  /** Log density of the latent under its prior, `[level][image]`: after a free flow, before a fixed one. */
  readonly logPrior: readonly Float64Array[];
  /** Sum over the levels of `logPrior` - `logQ`, per image. With a log likelihood, it makes the log weight of the draw. */
  readonly logRatio: Float64Array;
  /** Log likelihood as in training, per image: a density for `gaussian` and `gaussian_mixture`, `logMass` with `normalizedLikelihood`. */
  readonly logLikelihood: Float64Array;
  /** Log probability of the 8-bit values, per image. */
  readonly logMass: Float64Array;
  /** Raw parameters of the output distribution, `[B, H, W, outputChannels]`. */
  readonly parameters: Float32Array;
  /** What the caller computes with the pass. */
  readonly more: readonly Float32Array[];
}

/** The tensors of one pass that belong to the posterior, for `DrawImagesOptions.alsoRead`. */
export interface DrawnTensors {
  /** Raw parameters of the output distribution, `[B, H, W, outputChannels]`. */
  readonly parameters: tf.Tensor4D;
  /** Distance of the posterior's mean from the prior's, in standard deviations of the prior, `[B, size, size, latentSize]` per level. */
  readonly offsets: readonly tf.Tensor4D[];
}

export interface DrawImagesOptions {
  /** Number of draws. */
  readonly samples: number;
  /** Random numbers of each draw, from 0. */
  readonly noiseOf: (draw: number) => Noise;
  /** Ends the passes before the next draw. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Tensors of a draw to read as well, in its scope. @default none */
  readonly alsoRead?: (tensors: DrawnTensors, draw: number) => readonly tf.Tensor[];
}

/**
 * Encodes images once and draws their latents `samples` times; every draw is a pass through the decoder. Memory does not depend on
 * the number of draws. Between two draws other work gets a turn.
 * @param model stays the caller's; no tensor remains, whether it ends, fails or is left early
 * @param images images of the model's size
 * @throws RangeError when the images have another size
 * @throws the signal's reason when it aborts
 */
export async function* drawImages(
  model: Nvae,
  images: ImageBatch,
  { samples, noiseOf, signal, alsoRead = () => [] }: DrawImagesOptions,
): AsyncGenerator<ImageDraw> {
  const { plan, config } = model;
  const pass: Pass = {
    store: model.store,
    mode: 'eval',
    statistics: null,
    weights: null,
    recompute: false,
  };
  const count = images.shape[0];
  const pixels = imagesToTensor(images, config.inputDimension, config.imageChannels);
  const encoded = tf.tidy(() => encoderTower(pass, plan, pixels));
  const run = (draw: number) => {
    const noise = noiseOf(draw);
    const densities: tf.Tensor1D[] = [];
    const offsets: tf.Tensor4D[] = [];
    const parameters = decoderTower(pass, plan, count, (group, features) => {
      const drawn = drawPosterior(pass, group, encoded[group.level] as tf.Tensor4D, features, noise);
      const flowed = flow(pass, group.flow, drawn.z);
      const { logQ, logPrior } = latentLogDensities(plan, drawn, flowed);
      densities.push(latentKl(plan, drawn, flowed), logQ, logPrior);
      const { prior, posterior } = drawn;
      offsets.push(tf.div(tf.sub(posterior.mu, prior.mu), prior.sigma));
      return flowed;
    });
    const logProb = model.output(parameters).logProb(pixels);
    return [tf.stack(densities), logProb, parameters, ...alsoRead({ parameters, offsets }, draw)];
  };
  try {
    for (let draw = 0; draw < samples; draw += 1) {
      signal?.throwIfAborted();
      const tensors = tf.tidy(() => run(draw));
      await nextTurn();
      const read = await readAll(tensors);
      const [densities, logProb, parameters, ...more] = read as [Float32Array, Float32Array, Float32Array];
      const rows = rowsOf(densities, count);
      const kl = rows.filter((_, i) => i % 3 === 0);
      const logQ = rows.filter((_, i) => i % 3 === 1);
      const logPrior = rows.filter((_, i) => i % 3 === 2);
      const logMass = logMassOfImages(config, parameters, images.pixels, count);
      yield {
        kl,
        logQ,
        logPrior,
        // without fixed flows the KL is this difference, computed element by element and so more exact
        logRatio: config.fixedFlows
          ? minus(totals(logPrior), totals(logQ))
          : minus(new Float64Array(count), totals(kl)),
        logLikelihood: sumsOf(logProb, count),
        logMass,
        parameters,
        more,
      };
    }
  } finally {
    tf.dispose([pixels, encoded]);
  }
}

/** Reads tensors and disposes of them, even if one cannot be read. */
async function readAll(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  try {
    return await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  } finally {
    tf.dispose([...tensors]);
  }
}

function rowsOf(values: Float32Array, length: number): Float64Array[] {
  const rows = values.length / length;
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from(values.subarray(i * length, (i + 1) * length)),
  );
}

/** Sums the values of each image. */
function sumsOf(values: Float32Array, images: number): Float64Array {
  const sums = new Float64Array(images);
  const perImage = values.length / images;
  for (let i = 0; i < values.length; i += 1) sums[Math.floor(i / perImage)]! += values[i]!;
  return sums;
}

/** Sums over the levels, per image. */
function totals(levels: readonly Float64Array[]): Float64Array {
  return new Float64Array(levels[0]?.length ?? 0).map((_, image) =>
    levels.reduce((sum, level) => sum + level[image]!, 0),
  );
}

function minus(first: Float64Array, second: Float64Array): Float64Array {
  return first.map((value, i) => value - second[i]!);
}
