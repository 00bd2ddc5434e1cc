import type { Measure } from './evaluationEvents.js';

/** Number of values, their mean, and the sum of their squared differences from it. */
export type RunningMeanState = readonly [count: number, mean: number, squares: number];

/** Mean and variance of values, one at a time (Welford), so that large values do not cancel. */
export class RunningMean {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#count += 1;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
  }

  /** Adds the values of another one (Chan, Golub & LeVeque 1979), given as its `state`. */
  merge([count, mean, squares]: RunningMeanState): void {
    if (count === 0) return;
    const total = this.#count + count;
    const between = mean - this.#mean;
    this.#squares += squares + (between * between * this.#count * count) / total;
    this.#mean += (between * count) / total;
    this.#count = total;
  }

  get state(): RunningMeanState {
    return [this.#count, this.#mean, this.#squares];
  }

  measure(): Measure {
    const variance = this.#squares / (this.#count - 1);
    return { mean: this.#mean, standardError: this.#count > 1 ? Math.sqrt(variance / this.#count) : null };
  }
}
