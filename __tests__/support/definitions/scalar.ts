/**
 * Numbers in float64 that remember what they were computed from: a definition that is written with them has its gradient, too. For a few
 * hundred thousand numbers, and for definitions that are no deep recursions.
 */
export interface Scalar {
  readonly value: number;
  /** What it was computed from, and its slope in each of these. */
  readonly from: readonly Scalar[];
  readonly slopes: readonly number[];
  gradient: number;
}

function scalar(value: number, from: readonly Scalar[] = [], slopes: readonly number[] = []): Scalar {
  return { value, from, slopes, gradient: 0 };
}

export function scalars(values: ArrayLike<number>): Scalar[] {
  return Array.from(values, (value) => scalar(value));
}

export function valuesOf(all: readonly Scalar[]): Float64Array {
  return Float64Array.from(all, ({ value }) => value);
}

export function sum(terms: readonly Scalar[]): Scalar {
  const total = terms.reduce((before, { value }) => before + value, 0);
  return scalar(
    total,
    terms,
    terms.map(() => 1),
  );
}

/** The sum of a[i] b[i]. */
export function dot(a: readonly Scalar[], b: readonly Scalar[]): Scalar {
  const total = a.reduce((before, { value }, i) => before + value * b[i]!.value, 0);
  return scalar(total, [...a, ...b], [...valuesOf(b), ...valuesOf(a)]);
}

export function add(a: Scalar, b: Scalar | number): Scalar {
  return typeof b === 'number' ? scalar(a.value + b, [a], [1]) : sum([a, b]);
}

export function subtract(a: Scalar, b: Scalar): Scalar {
  return scalar(a.value - b.value, [a, b], [1, -1]);
}

export function multiply(a: Scalar, b: Scalar | number): Scalar {
  return typeof b === 'number' ? scalar(a.value * b, [a], [b]) : dot([a], [b]);
}

export function divide(a: Scalar, b: Scalar): Scalar {
  return scalar(a.value / b.value, [a, b], [1 / b.value, -a.value / b.value ** 2]);
}

export function squareRoot(a: Scalar): Scalar {
  const root = Math.sqrt(a.value);
  return scalar(root, [a], [0.5 / root]);
}

/** 1 / (1 + exp(-a)). */
export function sigmoid(a: Scalar): Scalar {
  const [value, rest] = [1 / (1 + Math.exp(-a.value)), 1 / (1 + Math.exp(a.value))];
  return scalar(value, [a], [value * rest]);
}

export function hyperbolicTangent(a: Scalar): Scalar {
  return scalar(Math.tanh(a.value), [a], [1 / Math.cosh(a.value) ** 2]);
}

export function magnitude(a: Scalar): Scalar {
  return scalar(Math.abs(a.value), [a], [Math.sign(a.value)]);
}

/** The largest; those that are equally large share its slope. */
export function largest(all: readonly Scalar[]): Scalar {
  const top = all.reduce((before, { value }) => Math.max(before, value), Number.NEGATIVE_INFINITY);
  const those = all.filter(({ value }) => value === top);
  return scalar(
    top,
    those,
    those.map(() => 1 / those.length),
  );
}

/** A constant has no gradient. */
export function atLeast(a: Scalar, least: number): Scalar {
  return a.value >= least ? a : scalar(least);
}

/** Sets `gradient` of everything that the results were computed from: the slope of the sum of weights[i] results[i]. */
export function differentiate(results: readonly Scalar[], weights: ArrayLike<number>): void {
  const seen = new Set<Scalar>();
  const visit = (each: Scalar) => {
    if (seen.has(each)) return;
    for (const part of each.from) visit(part);
    seen.add(each); // behind its parts
  };
  results.forEach(visit);
  results.forEach((result, i) => {
    result.gradient += weights[i]!;
  });
  for (const each of [...seen].reverse()) {
    each.from.forEach((part, i) => {
      part.gradient += each.gradient * each.slopes[i]!;
    });
  }
}
