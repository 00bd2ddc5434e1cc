import type { ImageDraw } from './drawImages.js';

type DrawnNumbers = Pick<ImageDraw, 'kl' | 'logRatio' | 'logLikelihood' | 'logMass'>;

/** Means over the draws of one batch, and the bounds from their weights. Its size does not depend on the number of draws. */
export class DrawSums {
  #draws = 0;
  readonly #kl: readonly Float64Array[];
  readonly #logLikelihood: Float64Array;
  readonly #logMass: Float64Array;
  readonly #weights: WeightSums;
  readonly #weightsMass: WeightSums;

  /**
   * @param levels number of latent groups
   * @param images number of images
   */
  constructor(levels: number, images: number) {
    this.#kl = Array.from({ length: levels }, () => new Float64Array(images));
    this.#logLikelihood = new Float64Array(images);
    this.#logMass = new Float64Array(images);
    this.#weights = new WeightSums(images);
    this.#weightsMass = new WeightSums(images);
  }

  add({ kl, logRatio, logLikelihood, logMass }: DrawnNumbers): void {
    this.#draws += 1;
    for (const [level, values] of kl.entries()) addTo(this.#kl[level] as Float64Array, values);
    addTo(this.#logLikelihood, logLikelihood);
    addTo(this.#logMass, logMass);
    for (let image = 0; image < logMass.length; image += 1) {
      this.#weights.add(image, logLikelihood[image]! + logRatio[image]!);
      this.#weightsMass.add(image, logMass[image]! + logRatio[image]!);
    }
  }

  /** The results so far; at least one draw must have been added. */
  result() {
    const mean = (sums: Float64Array) => sums.map((sum) => sum / this.#draws);
    const kl = this.#kl.map(mean);
    const reconstructionLoss = mean(this.#logLikelihood).map((value) => -value);
    const reconstructionLossMass = mean(this.#logMass).map((value) => -value);
    const withKl = (loss: Float64Array) =>
      loss.map((value, image) => kl.reduce((sum, one) => sum + one[image]!, value));
    return {
      negativeElbo: withKl(reconstructionLoss),
      negativeElboMass: withKl(reconstructionLossMass),
      importanceWeighted: this.#weights.bound(this.#draws),
      importanceWeightedMass: this.#weightsMass.bound(this.#draws),
      reconstructionLoss,
      reconstructionLossMass,
      kl,
      effectiveSamples: this.#weights.effectiveSamples(),
      effectiveSamplesMass: this.#weightsMass.effectiveSamples(),
    };
  }
}

function addTo(sums: Float64Array, values: Float64Array): void {
  for (let i = 0; i < sums.length; i += 1) sums[i]! += values[i]!;
}

/** Sums of exp(w) and exp(2 w) per image, relative to the largest w so far. */
class WeightSums {
  readonly #largest: Float64Array;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;

  constructor(images: number) {
    this.#largest = new Float64Array(images).fill(Number.NEGATIVE_INFINITY);
    this.#sum = new Float64Array(images);
    this.#squares = new Float64Array(images);
  }

  add(image: number, logWeight: number): void {
    const before = this.#largest[image]!;
    const largest = Math.max(before, logWeight);
    const shrink = before === largest ? 1 : Math.exp(before - largest);
    const weight = logWeight === largest ? 1 : Math.exp(logWeight - largest);
    this.#largest[image] = largest;
    this.#sum[image] = this.#sum[image]! * shrink + weight;
    this.#squares[image] = this.#squares[image]! * shrink * shrink + weight * weight;
  }

  /** -(logsumexp of the log weights - log of their number) */
  bound(draws: number): Float64Array {
    return this.#largest.map((largest, image) => -(largest + Math.log(this.#sum[image]! / draws)));
  }

  effectiveSamples(): Float64Array {
    return this.#sum.map((sum, image) => (sum * sum) / this.#squares[image]!);
  }
}
