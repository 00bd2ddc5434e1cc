import type { Measure } from './evaluationEvents.js';

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

  measure(): Measure {
    const variance = this.#squares / (this.#count - 1);
    return { mean: this.#mean, standardError: this.#count > 1 ? Math.sqrt(variance / this.#count) : null };
  }
}
