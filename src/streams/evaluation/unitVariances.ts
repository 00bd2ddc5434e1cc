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

  /** Adds the images of another one, given as its `state`. */
  merge(state: Float64Array): void {
    const units = this.#means.length;
    const count = state[0]!;
    if (count === 0) return;
    const total = this.#count + count;
    for (let unit = 0; unit < units; unit += 1) {
      const between = state[1 + unit]! - this.#means[unit]!;
      this.#squares[unit]! += state[1 + units + unit]! + (between * between * this.#count * count) / total;
      this.#means[unit]! += (between * count) / total;
    }
    this.#count = total;
  }

  get stateLength(): number {
    return 1 + 2 * this.#means.length;
  }

  /** The number of images, the means of all units, and the sums of their squared differences from them. */
  get state(): Float64Array {
    const state = new Float64Array(this.stateLength);
    state[0] = this.#count;
    state.set(this.#means, 1);
    state.set(this.#squares, 1 + this.#means.length);
    return state;
  }

  /** The number of units with a variance above this; needs two images. */
  above(variance: number): number {
    return this.#squares.reduce((sum, squares) => sum + Number(squares / (this.#count - 1) > variance), 0);
  }
}
