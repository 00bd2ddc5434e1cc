/** Collects differences and compares them with the tolerances in section 9 of the reference data's README. */
import type { NamedTensors } from '../../src/base/plainData.js';

export interface Deviation {
  /** The tensor that uses the largest fraction of its tolerance. */
  tensor: string;
  /** Largest |difference| over all tensors of the quantity, relative to the largest value of the tensor. */
  relativeError: number;
  /** Largest fraction of the tolerance; above 1 the case fails. */
  toleranceUsed: number;
}

export interface CaseReport {
  readonly case: string;
  readonly passed: boolean;
  /** Number of compared tensors and scalars. */
  readonly compared: number;
  readonly largestToleranceUsed: number;
  readonly failed: readonly string[];
  readonly quantities: Readonly<Record<string, Deviation>>;
}

export interface CompareOptions {
  /** Addition to the tolerance. */
  readonly extra?: number;
  /** Whether to compare with 0 instead of the recorded values. */
  readonly zero?: boolean;
  /** Tolerance of each element. */
  readonly tolerances?: Float32Array;
}

export class Report {
  readonly #quantities = new Map<string, Deviation>();
  readonly #failed = new Set<string>();
  #compared = 0;
  readonly #tensors: NamedTensors;
  readonly #roundings: Readonly<Record<string, number>>;

  /** @param roundings natural rounding error of each tensor and scalar, from float64_check */
  constructor(tensors: NamedTensors, roundings: Readonly<Record<string, number>>) {
    this.#tensors = tensors;
    this.#roundings = roundings;
  }

  /** Compares values with the recorded tensor of this name. */
  tensor(quantity: string, name: string, got: ArrayLike<number>, options: CompareOptions = {}): void {
    const expected = this.#tensors.get(name);
    if (!expected) throw new RangeError(`${name}: expected a recorded tensor, got nothing`);
    this.#compare(quantity, name, got, expected.data, options);
  }

  scalar(quantity: string, name: string, got: number, expected: number): void {
    this.#compare(quantity, name, [got], [expected], {});
  }

  /** Compares values with expected ones that are not among the tensors. */
  values(quantity: string, name: string, got: ArrayLike<number>, expected: ArrayLike<number>): void {
    this.#compare(quantity, name, got, expected, {});
  }

  /** Notes whether something that must be the same is the same. */
  exact(quantity: string, name: string, isSame: boolean): void {
    const difference = isSame ? 0 : Number.MAX_VALUE;
    this.#note(quantity, name, difference, difference);
  }

  #compare(
    quantity: string,
    name: string,
    got: ArrayLike<number>,
    expected: ArrayLike<number>,
    { extra = 0, zero = false, tolerances }: CompareOptions,
  ): void {
    if (got.length !== expected.length) {
      throw new RangeError(`${name}: expected ${expected.length} values, got ${got.length}`);
    }
    const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const common = 10 * (this.#roundings[name] ?? 0) + 1e-5 * largest + 1e-6 + extra;
    let distance = 0;
    let used = 0;
    for (let i = 0; i < expected.length; i += 1) {
      const difference = Math.abs((got[i] ?? Number.NaN) - (zero ? 0 : (expected[i] ?? 0)));
      // Math.max propagates NaN, so such a difference cannot pass as small.
      distance = Math.max(difference, distance);
      const part = difference / (tolerances?.[i] ?? common);
      used = Math.max(part, used);
    }
    this.#note(quantity, name, finite(distance / Math.max(largest, Number.MIN_VALUE)), finite(used));
  }

  #note(quantity: string, tensor: string, relativeError: number, toleranceUsed: number): void {
    this.#compared += 1;
    if (!(toleranceUsed <= 1)) this.#failed.add(tensor);
    const before = this.#quantities.get(quantity);
    const worse = !before || !(toleranceUsed <= before.toleranceUsed);
    this.#quantities.set(quantity, {
      tensor: worse ? tensor : before.tensor,
      relativeError: before && relativeError <= before.relativeError ? before.relativeError : relativeError,
      toleranceUsed: worse ? toleranceUsed : before.toleranceUsed,
    });
  }

  result(name: string): CaseReport {
    const used = [...this.#quantities.values()].map((quantity) => quantity.toleranceUsed);
    const quantities = Object.fromEntries(this.#quantities);
    const failed = [...this.#failed];
    return {
      case: name,
      passed: failed.length === 0,
      compared: this.#compared,
      largestToleranceUsed: Math.max(0, ...used),
      failed,
      quantities,
    };
  }
}

/** Replaces NaN and infinity with the largest number, because JSON has neither. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.MAX_VALUE;
}
