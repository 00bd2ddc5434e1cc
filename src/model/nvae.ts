/**
 * NVAE, a deep hierarchical variational autoencoder (Vahdat & Kautz 2020, arXiv 2007.03898): its tensors, and the
 * ways through it. Everything returned is the caller's to dispose; images are `[batch, height, width, 3]` in [0, 1], NaN
 * where the network's output was not finite.
 */
import { checkCount, checkSeed } from '../base/checkNumbers.js';
import type { ImageBatch, NamedTensors } from '../base/plainData.js';
import type { ModelConfig } from '../config/types.js';
import * as tf from '../engine/tf.js';
import { distributionOf } from './distributions/distributionOf.js';
import type { OutputDistribution, Statistic } from './distributions/outputDistribution.js';
import { statisticOf } from './distributions/outputDistribution.js';
import { drawPosterior, drawPrior, latentKl } from './latents.js';
import { flow } from './layers/flow.js';
import { weightNormWeight } from './layers/weightNormConvolution.js';
import { checkTensors, ParameterStore } from './parameterStore.js';
import type { LayerWeights, Mode, Pass } from './pass.js';
import { BatchStatistics } from './pass.js';
import type { LatentGroupPlan, ModelPlan } from './plan.js';
import { latentShapes, parameterCount, planModel } from './plan.js';
import type { Noise } from './random.js';
import { draws, keyedNoise } from './random.js';
import { regularization, samplersOf } from './regularization.js';
import { renderImages } from './renderImages.js';
import type { SampleImagesOptions, SampleSource, Temperature } from './sampleSource.js';
import { decoderTower, encoderTower } from './towers.js';

/**
 * Sampling at a low temperature, again and again, lets the variance of a channel collapse; dividing by its root then
 * blows up whatever is left in it. Trained models have been seen to stay above 1e-3, also after 200 passes at temperature 0.
 */
const lowestVariance = 1e-4;

export interface ForwardResult {
  /** Raw parameters of the output distribution, `[B, H, W, outputChannels]`. */
  readonly parameters: tf.Tensor4D;
  /** KL per latent group and image, `[L, B]`. */
  readonly kl: tf.Tensor2D;
}

export interface ForwardOptions {
  /** Receives the batch's statistics in train mode; the caller commits or disposes them. @default none are kept */
  readonly statistics?: BatchStatistics;
  /** Keep only the input of every cell for the backward pass, and compute the rest once more in it. @default false */
  readonly recompute?: boolean;
  /** Of `samplerWeights`, where the regularisation takes the same. @default computed where they are used */
  readonly weights?: LayerWeights;
}

export class Nvae implements SampleSource, Disposable {
  readonly config: ModelConfig;
  readonly plan: ModelPlan;
  readonly store: ParameterStore;

  private constructor(plan: ModelPlan, seed: number) {
    this.config = plan.config;
    this.plan = plan;
    this.store = new ParameterStore(plan.parameters, plan.batchNorms, seed);
  }

  /**
   * A new model with values drawn by the seed.
   * @throws RangeError when the configuration describes no possible model
   */
  static create(config: ModelConfig, seed: number): Nvae {
    return new Nvae(planModel(config), seed);
  }

  /**
   * A model with the given values, in PyTorch's names and axis order; other names are ignored.
   * @throws RangeError when one is missing or has another shape
   */
  static fromTensors(config: ModelConfig, tensors: NamedTensors): Nvae {
    const plan = planModel(config);
    checkTensors(plan.parameters, plan.batchNorms, tensors);
    const model = new Nvae(plan, 0);
    model.store.load(tensors);
    return model;
  }

  /** Shape [height, width, channels] of every latent, level 0 first. */
  get latentShapes(): [height: number, width: number, channels: number][] {
    return latentShapes(this.plan);
  }

  /** Number of trained values. */
  get parameterCount(): number {
    return parameterCount(this.plan);
  }

  /** Encode, draw, decode. Differentiable in the parameters of the model. */
  forward(
    images: tf.Tensor4D,
    noise: Noise,
    mode: Mode,
    { statistics, recompute = false, weights }: ForwardOptions = {},
  ): ForwardResult {
    const pass = { ...this.#pass(mode, statistics, weights), recompute };
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

  /** The weights of all samplers, which both `forward` and `regularization` need. Differentiable; the caller's. */
  samplerWeights(): LayerWeights {
    const pass = this.#pass('eval');
    return new Map(samplersOf(this.plan).map((layer) => [layer.name, weightNormWeight(pass, layer)]));
  }

  /** The regularisation, a scalar, before its constant. */
  regularization(noise: Noise, weights?: LayerWeights): tf.Scalar {
    return tf.tidy(() => regularization(this.#pass('eval', null, weights), this.plan, noise));
  }

  /** The output distribution of raw parameters, which stay the caller's. */
  output(parameters: tf.Tensor4D): OutputDistribution {
    return distributionOf(this.config.samplingMethod, parameters);
  }

  /**
   * New images from the prior. The temperature multiplies the standard deviations of the latents.
   * @throws RangeError when the count or the temperature makes no sense
   */
  sample(count: number, temperature: Temperature, noise: Noise, statistic: Statistic = 'mean'): tf.Tensor4D {
    checkCount('sample', 'count', count);
    checkTemperature(temperature, this.plan.groups.length);
    return tf.tidy(() => {
      const pass = this.#pass('eval');
      return this.#toImages(this.#decodePrior(pass, count, temperature, noise), noise, statistic);
    });
  }

  /**
   * New images from the prior as plain data, with the batch-norm averages as they are (see `readjustBatchNorm`). The same
   * count, temperature, seed and draw give the same images.
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
   * Sampling passes in train mode that only move the running averages of the decoder: at a temperature below 1 the
   * features differ from those in training, and so must the averages. `noiseOf` gives the noise of each iteration. Running
   * variances do not fall below 1e-4.
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
   * The latents of images, drawn from the posterior, `[B, size, size, latentSize]`, level 0 first.
   *
   * They are the ones the decoder saw in training, after the flow. The reference leaves out a flow that is not fixed;
   * `freeFlow: false` does the same.
   */
  encode(images: tf.Tensor4D, noise: Noise, { freeFlow = true } = {}): tf.Tensor4D[] {
    return tf.tidy(() => {
      const pass = this.#pass('eval');
      const encoded = encoderTower(pass, this.plan, images);
      const latents: tf.Tensor4D[] = [];
      decoderTower(pass, this.plan, images.shape[0], (group, features) => {
        const { z } = drawPosterior(pass, group, at(encoded, group), features, noise);
        const latent = freeFlow || this.config.fixedFlows ? flow(pass, group.flow, z) : z;
        latents.push(latent);
        return latent;
      });
      return latents;
    });
  }

  /** Images of latents as `encode` gives them. Only the statistic `sample` draws from the noise. */
  decode(latents: readonly tf.Tensor4D[], noise: Noise, statistic: Statistic = 'mean'): tf.Tensor4D {
    return tf.tidy(() => this.#toImages(this.decodeParameters(latents), noise, statistic));
  }

  /** Raw parameters of the output distribution for latents as `encode` gives them. */
  decodeParameters(latents: readonly tf.Tensor4D[]): tf.Tensor4D {
    const batch = checkLatents('decode', latents, this.latentShapes);
    return tf.tidy(() => decoderTower(this.#pass('eval'), this.plan, batch, (group) => at(latents, group)));
  }

  /**
   * Images for standard normal values `[B, size, size, latentSize]` in place of the prior's draws, at temperature 1.
   * The values stay the caller's.
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
    this.store.dispose();
  }

  /** `using model = await loadModel(path)` disposes it at the end of the block, also when an error leaves it. */
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
    // 0, or NaN behind which a parameter is not finite: the clamps would make a colour of it that looks like any other.
    const damage = tf.sum(tf.mul(parameters, 0), -1, true); // [B, H, W, 1]
    return tf.add(images, damage);
  }
}

function at(tensors: readonly tf.Tensor4D[], { level }: LatentGroupPlan): tf.Tensor4D {
  const tensor = tensors[level];
  if (!tensor) throw new RangeError(`internal: no tensor for latent group ${level}`);
  return tensor;
}

/** @throws RangeError when it is not one number >= 0, or one for each group */
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

/** Checks one latent per group, all of one batch, and returns the batch's size. */
function checkLatents(where: string, latents: readonly tf.Tensor4D[], shapes: readonly number[][]): number {
  const batch = latents[0]?.shape[0] ?? 0;
  const expected = shapes.map((shape) => `[${[batch, ...shape]}]`).join(', ');
  const got = latents.map((latent) => `[${latent.shape}]`).join(', ');
  if (expected !== got)
    throw new RangeError(`${where}: expected latents of shapes ${expected}, got ${got || 'none'}`);
  return batch;
}
