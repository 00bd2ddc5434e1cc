/** The variance of many values at once, over images that come in batches (Welford). */
export class UnitVariances {
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  /** @param units number of values per image */
  constructor(units: number) {
    this.#means = new Float64Array(units);
    this.#squares = new Float64Array(units);
  }

  /** @param values one value per unit, image after image */
  add(values: Float32Array): void {
    const units = this.#means.length;
    for (let first = 0; first < values.length; first += units) {
      this.#count += 1;
      for (let unit = 0; unit < units; unit += 1) {
        const value = values[first + unit]!;
        const before = value - this.#means[unit]!;
        this.#means[unit]! += before / this.#count;
        this.#squares[unit]! += before * (value - this.#means[unit]!);
      }
    }
  }

  /** The number of units with a variance above this; needs two images. */
  above(variance: number): number {
    return this.#squares.reduce((sum, squares) => sum + Number(squares / (this.#count - 1) > variance), 0);
  }
}
