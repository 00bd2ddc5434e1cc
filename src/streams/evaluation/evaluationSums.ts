import { bitsPerDimension } from '../../base/bitsPerDimension.js';
import { valuesPerImage } from '../../base/valuesPerImage.js';
import type { BatchEvaluation } from '../../model/evaluation/batchEvaluation.js';
import type { Nvae } from '../../model/nvae.js';
import type { EvaluationResult, GroupEvaluation, Measure } from './evaluationEvents.js';
import { RunningMean } from './runningMean.js';
import { UnitVariances } from './unitVariances.js';

/** The values of a `BatchEvaluation` of which a result has the means. */
const measured = [
  'negativeElbo',
  'negativeElboMass',
  'importanceWeighted',
  'importanceWeightedMass',
  'reconstructionLoss',
  'reconstructionLossMass',
  'effectiveSamples',
  'effectiveSamplesMass',
  'meanSquaredError',
  'psnr',
  'ssim',
] as const;

type Measured = Record<(typeof measured)[number], Measure>;

/** The part of a result that comes from the images. */
export type EvaluatedMeans = Measured &
  Pick<
    EvaluationResult,
    | 'images'
    | 'dimensions'
    | 'samplingMethod'
    | 'binarized'
    | 'normalizedLikelihood'
    | 'bitsPerDimension'
    | 'bitsPerDimensionImportanceWeighted'
    | 'trainingBitsPerDimension'
    | 'kl'
    | 'groups'
  >;

/** Sums over all images so far. Its size depends on the latents of the model, not on the number of images. */
export class EvaluationSums {
  readonly #model: Nvae;
  readonly #means = new Map(measured.map((key) => [key, new RunningMean()]));
  readonly #kl = new RunningMean();
  readonly #klOfGroups: readonly RunningMean[];
  readonly #units: readonly UnitVariances[];
  #images = 0;

  constructor(model: Nvae) {
    this.#model = model;
    this.#klOfGroups = model.latentShapes.map(() => new RunningMean());
    this.#units = model.latentShapes.map((shape) => new UnitVariances(shape[0] * shape[1] * shape[2]));
  }

  /** Number of images so far. */
  get images(): number {
    return this.#images;
  }

  /** Bits per dimension so far; null without images. */
  get bitsPerDimension(): number | null {
    return this.#images === 0 ? null : this.#bits(this.#measure('negativeElboMass')).mean;
  }

  add(batch: BatchEvaluation): void {
    const { length } = batch.negativeElbo;
    this.#images += length;
    for (let image = 0; image < length; image += 1) {
      for (const [key, mean] of this.#means) mean.add(batch[key][image] ?? Number.NaN);
      let kl = 0;
      for (const [level, values] of batch.kl.entries()) {
        const value = values[image] ?? Number.NaN;
        kl += value;
        this.#klOfGroups[level]?.add(value);
      }
      this.#kl.add(kl);
    }
    for (const [level, offsets] of batch.offsets.entries()) this.#units[level]?.add(offsets);
  }

  /** All sums as numbers, always as many of them. */
  get state(): Float64Array {
    const means = this.#runningMeans.flatMap(({ state }) => [...state]);
    const parts = [[this.#images], means, ...this.#units.map(({ state }) => state)];
    const state = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
    let place = 0;
    for (const part of parts) {
      state.set(part, place);
      place += part.length;
    }
    return state;
  }

  /** Adds the images of another one, given as its `state`. */
  merge(state: Float64Array): void {
    this.#images += state[0] ?? 0;
    let place = 1;
    for (const mean of this.#runningMeans) {
      const [count = 0, middle = 0, squares = 0] = state.subarray(place, place + 3);
      mean.merge([count, middle, squares]);
      place += 3;
    }
    for (const units of this.#units) {
      const { stateLength } = units;
      units.merge(state.subarray(place, place + stateLength));
      place += stateLength;
    }
  }

  get #runningMeans(): readonly RunningMean[] {
    return [...this.#means.values(), this.#kl, ...this.#klOfGroups];
  }

  result(): EvaluatedMeans {
    const { samplingMethod, normalizedLikelihood } = this.#model.config;
    const means = Object.fromEntries(measured.map((key) => [key, this.#measure(key)])) as Measured;
    const isProbability = samplingMethod === 'logistic_mixture' || samplingMethod === 'bernoulli';
    return {
      ...means,
      images: this.#images,
      dimensions: this.#dimensions,
      samplingMethod,
      binarized: this.#model.binarize,
      normalizedLikelihood,
      bitsPerDimension: this.#bits(means.negativeElboMass),
      bitsPerDimensionImportanceWeighted: this.#bits(means.importanceWeightedMass),
      trainingBitsPerDimension: isProbability ? this.#bits(means.negativeElbo) : null,
      kl: this.#kl.measure(),
      groups: this.#groups(),
    };
  }

  get #dimensions(): number {
    return valuesPerImage(this.#model.config);
  }

  #measure(key: (typeof measured)[number]): Measure {
    return (this.#means.get(key) as RunningMean).measure();
  }

  #bits({ mean, standardError }: Measure): Measure {
    const bits = (nats: number) => bitsPerDimension(nats, this.#dimensions);
    return { mean: bits(mean), standardError: standardError === null ? null : bits(standardError) };
  }

  #groups(): GroupEvaluation[] {
    return this.#model.latentShapes.map(([size, , channels], level) => ({
      level,
      size,
      channels,
      kl: (this.#klOfGroups[level] as RunningMean).measure(),
      units: size * size * channels,
      activeUnits: this.#images < 2 ? null : (this.#units[level] as UnitVariances).above(activeVariance),
    }));
  }
}

/** A unit whose posterior mean varies more than this is active (Burda et al. 2016). */
const activeVariance = 0.01;
