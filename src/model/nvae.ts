/**
 * NVAE, a deep hierarchical variational autoencoder (Vahdat & Kautz 2020, arXiv 2007.03898): its tensors and its
 * passes. The caller disposes of everything returned. Images are `[batch, height, width, channels]` in [0, 1], NaN
 * where the network's output is not finite.
 */
import { checkCount, checkSeed } from '../base/checkNumbers.js';
import type { ImageBatch, NamedTensors } from '../base/plainData.js';
import { defaultFit, type ImageFit } from '../config/imageFit.js';
import type { Binarize, ModelConfig } from '../config/types.js';
import { isHalfPrecision } from '../engine/halfPrecision.js';
import { releaseIdleMemory } from '../engine/idleMemory.js';
import { Replays } from '../engine/replays.js';
import * as tf from '../engine/tf.js';
import type { WholeBatch } from '../engine/wholeBatch.js';
import type { ProcessGroup } from '../group/processGroup.js';
import { distributionOf } from './distributions/distributionOf.js';
import type { OutputDistribution, Statistic } from './distributions/outputDistribution.js';
import { statisticOf } from './distributions/outputDistribution.js';
import { drawPosterior, drawPrior, type LatentNoise, latentKl } from './latents.js';
import { flow } from './layers/flow.js';
import { weightNormWeight } from './layers/weightNormConvolution.js';
import { checkTensors, ParameterStore } from './parameterStore.js';
import type { LayerWeights, Mode, Pass } from './pass.js';
import { BatchStatistics } from './pass.js';
import type { LatentGroupPlan, ModelPlan } from './plan.js';
import { latentShapes, parameterCount, planModel } from './plan.js';
import type { Noise } from './random.js';
import { draws, keyedNoise } from './random.js';
import { iteratedRegularization, regularization } from './regularization.js';
import { renderImages } from './renderImages.js';
import { replayedNoise } from './replayedNoise.js';
import type { SampleImagesOptions, SampleSource, Temperature } from './sampleSource.js';
import { samplersOf } from './spectralLayers.js';
import type { SpectralVectors } from './spectralVectors.js';
import { decoderTower, encoderTower } from './towers.js';

/**
 * Repeated sampling at a low temperature can let the variance of a channel collapse; dividing by its square root then
 * amplifies whatever remains in the channel. Trained models stayed above 1e-3 even after 200 passes at temperature 0.
 */
const lowestVariance = 1e-4;

/** The result of a forward pass; the caller owns both tensors. */
export interface ForwardResult {
  /** Raw parameters of the output distribution, `[B, H, W, outputChannels]`. */
  readonly parameters: tf.Tensor4D;
  /** KL per latent group and image, `[L, B]`. */
  readonly kl: tf.Tensor2D;
}

/** Options of a new `Nvae`. */
export interface NvaeOptions {
  /**
   * How the images that the model encodes or is measured on become binary. A loaded model has what its file says of its training.
   * @default 'none'
   */
  readonly binarize?: Binarize;
  /**
   * How the images that the model encodes or is measured on become squares. A loaded model has what its file says of its training.
   * @default cropped to the centre, transparent parts on white
   */
  readonly imageFit?: ImageFit;
}

/** Options of `Nvae.forward`. */
export interface ForwardOptions {
  /** Receives the batch's statistics in train mode; the caller commits or disposes of them. @default no statistics are kept
   * @internal */
  readonly statistics?: BatchStatistics;
  /** Save memory: keep only the input of every cell for the backward pass, which recomputes the rest. @default false */
  readonly recompute?: boolean;
  /** The result of `samplerWeights`, to share it with `regularization`. @default the weights are computed where they are used */
  readonly weights?: LayerWeights;
  /** In train mode, the batch that the images are a part of: its statistics are used. @default the images are all of it
   * @internal */
  readonly whole?: WholeBatch | undefined;
}

/** Which latents to take from the posterior: a draw, or its mean. */
export type LatentKind = 'drawn' | 'mean';

/** Options of `Nvae.encode`. */
export interface EncodeOptions {
  /** Whether to apply flows that are not fixed, as in training; the PyTorch implementation omits them. @default true */
  readonly freeFlow?: boolean;
  /** `drawn`: draws from the posterior; `mean`: the mean of the posterior, in every group. @default 'drawn' */
  readonly latents?: LatentKind;
}

/** Zeros, so that a draw from a normal distribution is its mean. */
const noNoise: LatentNoise = { normal: (_, shape) => tf.fill([...shape], 0) };

/**
 * An NVAE model: encodes, decodes and samples. It owns its parameters until `dispose`. Images are `[batch, height, width, channels]` in
 * [0, 1], where channels is 3, or 1 for grey (`config.imageChannels`). The caller disposes of the tensors that a method returns.
 *
 * @example
 * await useEngine('auto');
 * using model = await loadModel('saved_weights/final_result_demo.model');
 * const { pixels, shape } = await model.sampleImages(9, 0.7);
 */
export class Nvae implements SampleSource, Disposable {
  /** The model's part of the configuration. */
  readonly config: ModelConfig;
  /**
   * How the images become binary that `evaluate`, `encodeImages` and all that use them are given, as in training. Methods that take
   * tensors do not change them.
   */
  readonly binarize: Binarize;
  /** How images become squares, as in training: options of `decodeImages`. */
  readonly imageFit: ImageFit;
  /** Cells and latent groups with their shapes. @internal */
  readonly plan: ModelPlan;
  /** The parameters by name. @internal */
  readonly store: ParameterStore;
  /** Samplings that can be replayed: the same as before with other random numbers. */
  readonly #samplings = new Replays<Noise, null>();
  /** Whether it is one of many that are made for a moment, so that idle memory will be needed again. */
  #isTemporary = false;

  private constructor(plan: ModelPlan, store: ParameterStore, options: NvaeOptions) {
    this.config = plan.config;
    this.binarize = options.binarize ?? 'none';
    this.imageFit = options.imageFit ?? defaultFit;
    this.plan = plan;
    this.store = store;
  }

  /**
   * Creates a new, untrained model.
   * @param config the model's part of a configuration
   * @param seed seed for the initial values
   * @param options how images become squares and binary
   * @throws RangeError when this configuration does not describe a valid model
   */
  static create(config: ModelConfig, seed: number, options: NvaeOptions = {}): Nvae {
    const plan = planModel(config);
    return new Nvae(plan, new ParameterStore(plan.parameters, plan.batchNorms, seed), options);
  }

  /**
   * Creates a model with the given values.
   * @param config the model's part of a configuration
   * @param tensors values with PyTorch's names and axis order; other names are ignored. The caller keeps them
   * @param options how images become squares and binary
   * @throws RangeError when a tensor is missing or has another shape
   */
  static fromTensors(config: ModelConfig, tensors: NamedTensors, options: NvaeOptions = {}): Nvae {
    const plan = planModel(config);
    checkTensors(plan.parameters, plan.batchNorms, tensors);
    const model = new Nvae(plan, new ParameterStore(plan.parameters, plan.batchNorms, 0), options);
    model.store.load(tensors);
    return model;
  }

  /**
   * The same model with other values, as `ParameterStore.withValues`; the caller disposes of it.
   * @internal
   */
  withValues(tensorOf: (name: string) => tf.Tensor): Nvae {
    const model = new Nvae(this.plan, this.store.withValues(tensorOf), this);
    model.#isTemporary = true;
    return model;
  }

  /** Shape [height, width, channels] of every latent, level 0 first. */
  get latentShapes(): [height: number, width: number, channels: number][] {
    return latentShapes(this.plan);
  }

  /** Number of trained parameters. */
  get parameterCount(): number {
    return parameterCount(this.plan);
  }

  /**
   * One pass: encodes, draws from the posterior, decodes. Differentiable in the parameters of the model.
   * @param images `[B, H, W, channels]` in [0, 1]; the caller keeps them
   * @param noise source of the random numbers
   * @param mode `train` normalises with the batch's statistics, `eval` with the running averages
   * @param options memory use, and precomputed weights
   */
  forward(
    images: tf.Tensor4D,
    noise: Noise,
    mode: Mode,
    { statistics, recompute = false, weights, whole }: ForwardOptions = {},
  ): ForwardResult {
    const pass = { ...this.#pass(mode, statistics, weights), recompute, whole };
    const run = () => {
      const encoded = encoderTower(pass, this.plan, images);
      const kl: tf.Tensor1D[] = [];
      const parameters = decoderTower(pass, this.plan, images.shape[0], (group, features) => {
        const draw = drawPosterior(pass, group, at(encoded, group), features, noise);
        const flowed = flow(pass, group.flow, draw.z);
        kl.push(latentKl(this.plan, draw, flowed));
        return flowed;
      });
      return { parameters, kl: tf.stack(kl) as tf.Tensor2D };
    };
    return tf.tidy(() => ({ ...run() }));
  }

  /** Returns the effective weights of all samplers, needed by `forward` and `regularization`. Differentiable; the caller owns them. */
  samplerWeights(): LayerWeights {
    const pass = this.#pass('eval');
    return new Map(samplersOf(this.plan).map((layer) => [layer.name, weightNormWeight(pass, layer)]));
  }

  /**
   * Computes the regularisation of the weights, before it is multiplied by its coefficient. Differentiable.
   * @param noise source of the random numbers for the power iterations
   * @param weights the result of `samplerWeights`, if already computed
   * @param share the rank of a group that shares out the terms; its sum over the ranks is the regularisation. All terms by default
   * @returns a scalar
   */
  regularization(
    noise: Noise,
    weights?: LayerWeights,
    share?: Pick<ProcessGroup, 'rank' | 'size'>,
  ): tf.Scalar {
    return tf.tidy(() => regularization(this.#pass('eval', null, weights), this.plan, noise, share));
  }

  /**
   * Computes the regularisation with the largest singular values themselves, by power iterations that continue with these vectors.
   * @internal
   */
  regularizationWith(vectors: SpectralVectors, noise: Noise, weights?: LayerWeights): tf.Scalar {
    return tf.tidy(() =>
      iteratedRegularization(this.#pass('eval', null, weights), this.plan, noise, vectors),
    );
  }

  /**
   * Creates the distribution of the images from the network's raw output.
   * @param parameters `[B, H, W, outputChannels]`, as returned by `forward` and `decodeParameters`; the caller keeps them
   */
  output(parameters: tf.Tensor4D): OutputDistribution {
    return distributionOf(this.config, parameters);
  }

  /**
   * Samples new images from the prior.
   * @param count number of images
   * @param temperature multiplies the standard deviations of the latents
   * @param noise source of the random numbers
   * @param statistic which value of the output distribution a pixel gets
   * @returns `[count, H, W, channels]`; NaN where the network's output is not finite
   * @throws RangeError when the count or the temperature is out of range
   */
  sample(count: number, temperature: Temperature, noise: Noise, statistic: Statistic = 'mean'): tf.Tensor4D {
    checkCount('sample', 'count', count);
    checkTemperature(temperature, this.plan.groups.length);
    const key = JSON.stringify([count, temperature, statistic, isHalfPrecision()]);
    const outside = [...this.store.parameters.values(), ...this.store.buffers.values()];
    const { tensors } = this.#samplings.run(key, noise, outside, (inputs) => {
      const given = replayedNoise(inputs, (own) => own);
      const sample = () => this.#decodePrior(this.#pass('eval'), count, temperature, given);
      return { tensors: [tf.tidy(() => this.#toImages(sample(), given, statistic))], details: null };
    });
    return tensors[0] as tf.Tensor4D;
  }

  /**
   * Samples new images from the prior as plain data, with the current batch-norm averages (see `readjustBatchNorm`). The same
   * count, temperature, seed and draw give the same images.
   * @param count number of images
   * @param temperature multiplies the standard deviations of the latents
   * @param options statistic, seed and draw
   * @throws RangeError when the count, the temperature or the seed is out of range
   * @throws NonFiniteImagesError when the network's output is not finite
   */
  async sampleImages(
    count: number,
    temperature: Temperature,
    { statistic = 'mean', seed = 0, draw = 0 }: SampleImagesOptions = {},
  ): Promise<ImageBatch> {
    checkSeed('sampleImages', seed);
    return renderImages(() => this.sample(count, temperature, keyedNoise(seed, 'samples', draw), statistic));
  }

  /**
   * Adapts the decoder's batch-norm averages to a temperature by sampling passes in train mode: below temperature 1 the
   * features differ from those in training, so the averages must differ too. Changes nothing else. Running variances do not
   * fall below 1e-4.
   * @param iterations number of passes
   * @param count images per pass
   * @param temperature multiplies the standard deviations of the latents
   * @param noiseOf source of the random numbers for each pass; the first pass is 0
   * @throws RangeError when the temperature is out of range
   */
  readjustBatchNorm(
    iterations: number,
    count: number,
    temperature: Temperature,
    noiseOf: (i: number) => Noise,
  ): void {
    checkTemperature(temperature, this.plan.groups.length);
    for (let i = 0; i < iterations; i += 1) {
      const statistics = new BatchStatistics();
      const pass = this.#pass('train', statistics);
      try {
        tf.tidy(() => {
          this.#decodePrior(pass, count, temperature, noiseOf(i));
        });
        statistics.commit(this.store, { varianceFloor: lowestVariance });
      } finally {
        statistics.dispose();
      }
    }
  }

  /**
   * Encodes images to latents of the posterior, after the flow. The decoder sees such latents in training, and each group depends
   * on the latents of the groups before it.
   * @param images `[B, H, W, channels]` in [0, 1]; the caller keeps them
   * @param noise source of the random numbers
   * @param options whether to draw latents or take the mean, and whether to skip free flows
   * @returns `[B, size, size, latentSize]` per latent group, level 0 first
   */
  encode(
    images: tf.Tensor4D,
    noise: Noise,
    { freeFlow = true, latents: kind = 'drawn' }: EncodeOptions = {},
  ): tf.Tensor4D[] {
    return tf.tidy(() => {
      const pass = this.#pass('eval');
      const encoded = encoderTower(pass, this.plan, images);
      const latents: tf.Tensor4D[] = [];
      const drawn = kind === 'mean' ? noNoise : noise;
      decoderTower(pass, this.plan, images.shape[0], (group, features) => {
        const { z } = drawPosterior(pass, group, at(encoded, group), features, drawn);
        const latent = freeFlow || this.config.fixedFlows ? flow(pass, group.flow, z) : z;
        latents.push(latent);
        return latent;
      });
      return latents;
    });
  }

  /**
   * Decodes latents to images.
   * @param latents as returned by `encode`; the caller keeps them
   * @param noise source of the random numbers, used only for the statistic `sample`
   * @param statistic which value of the output distribution a pixel gets
   * @returns `[B, H, W, channels]`; NaN where the network's output is not finite
   * @throws RangeError when the shapes of the latents differ from `latentShapes`
   */
  decode(latents: readonly tf.Tensor4D[], noise: Noise, statistic: Statistic = 'mean'): tf.Tensor4D {
    return tf.tidy(() => this.#toImages(this.decodeParameters(latents), noise, statistic));
  }

  /**
   * Decodes latents to the network's raw output. Differentiable.
   * @param latents as returned by `encode`; the caller keeps them
   * @returns `[B, H, W, outputChannels]`, for `output`
   * @throws RangeError when the shapes of the latents differ from `latentShapes`
   */
  decodeParameters(latents: readonly tf.Tensor4D[]): tf.Tensor4D {
    const batch = checkLatents('decode', latents, this.latentShapes);
    return tf.tidy(() => decoderTower(this.#pass('eval'), this.plan, batch, (group) => at(latents, group)));
  }

  /**
   * Generates images from given standard normal values instead of random ones for the prior, at temperature 1.
   * @param values `[B, size, size, latentSize]` per latent group, level 0 first; the caller keeps them
   * @param noise source of the other random numbers
   * @param statistic which value of the output distribution a pixel gets
   * @returns `[B, H, W, channels]`; NaN where the network's output is not finite
   * @throws RangeError when the shapes of the values differ from `latentShapes`
   */
  generateFromLatents(
    values: readonly tf.Tensor4D[],
    noise: Noise,
    statistic: Statistic = 'mean',
  ): tf.Tensor4D {
    const batch = checkLatents('generateFromLatents', values, this.latentShapes);
    const given = new Map(this.plan.groups.map((group) => [draws.latent(group.level), at(values, group)]));
    const replaced: Noise = {
      normal: (draw, shape) => {
        const value = given.get(draw);
        return value ? tf.clone(value) : noise.normal(draw, shape);
      },
      normalValues: (draw, length) => noise.normalValues(draw, length),
      uniform: (draw, shape) => noise.uniform(draw, shape),
    };
    return this.sample(batch, 1, replaced, statistic);
  }

  /** Frees all tensors of the model. */
  dispose(): void {
    this.#samplings.clear();
    this.store.dispose();
    if (!this.#isTemporary) releaseIdleMemory();
  }

  /** `using model = await loadModel(path)` disposes of it at the end of the block, even when an error is thrown. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #pass(mode: Mode, statistics: BatchStatistics | null = null, weights: LayerWeights | null = null): Pass {
    return { store: this.store, mode, statistics, weights, recompute: false };
  }

  #decodePrior(pass: Pass, count: number, temperature: Temperature, noise: Noise): tf.Tensor4D {
    return decoderTower(pass, this.plan, count, (group, features) => {
      const t = typeof temperature === 'number' ? temperature : (temperature[group.level] ?? 1);
      return drawPrior(pass, this.plan, group, features, noise, t);
    });
  }

  #toImages(parameters: tf.Tensor4D, noise: Noise, statistic: Statistic): tf.Tensor4D {
    const images = tf.clipByValue(statisticOf(this.output(parameters), statistic, noise), 0, 1);
    // 0, or NaN if a parameter is not finite: the clamps would otherwise turn it into an ordinary colour.
    const damage = tf.mul(tf.sum(parameters, -1, true), 0); // [B, H, W, 1]
    return tf.add(images, damage);
  }
}

function at(tensors: readonly tf.Tensor4D[], { level }: LatentGroupPlan): tf.Tensor4D {
  const tensor = tensors[level];
  if (!tensor) throw new RangeError(`internal: no tensor for latent group ${level}`);
  return tensor;
}

/** @throws RangeError when the temperature is neither one number >= 0 nor one for each group */
export function checkTemperature(temperature: Temperature, groups: number): void {
  const values = typeof temperature === 'number' ? [temperature] : temperature;
  if (typeof temperature !== 'number' && values.length !== groups) {
    const got = values.length === 1 ? '1 value' : `${values.length} values`;
    const each = groups === 1 ? 'for the 1 latent group' : `for each of the ${groups} latent groups`;
    throw new RangeError(`temperature: expected one number, or one ${each} (level 0 first), got ${got}`);
  }
  for (const value of values) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`temperature: expected a number >= 0, got ${value}`);
    }
  }
}

/** Checks that there is one latent per group with equal batch sizes, and returns the batch size. */
function checkLatents(where: string, latents: readonly tf.Tensor4D[], shapes: readonly number[][]): number {
  const batch = latents[0]?.shape[0] ?? 0;
  const expected = shapes.map((shape) => `[${[batch, ...shape]}]`).join(', ');
  const got = latents.map((latent) => `[${latent.shape}]`).join(', ');
  if (expected !== got)
    throw new RangeError(`${where}: expected latents of shapes ${expected}, got ${got || 'none'}`);
  return batch;
}
