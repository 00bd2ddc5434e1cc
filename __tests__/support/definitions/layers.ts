/** Operations of layers and of their regularisation by definition, in float64. A matrix `[rows, columns]` is a list, row by row. */
import {
  add,
  atLeast,
  divide,
  dot,
  hyperbolicTangent,
  multiply,
  type Scalar,
  scalars,
  sigmoid,
  squareRoot,
  subtract,
  sum,
} from './scalar.js';

export function silu(x: Scalar): Scalar {
  return multiply(x, sigmoid(x));
}

export function softClamp(x: Scalar): Scalar {
  return multiply(hyperbolicTangent(multiply(x, 1 / 5)), 5);
}

export function columnsOf(matrix: readonly Scalar[], columns: number): Scalar[][] {
  return Array.from({ length: columns }, (_, column) => matrix.filter((_, i) => i % columns === column));
}

export function rowsOf(matrix: readonly Scalar[], columns: number): Scalar[][] {
  return Array.from({ length: matrix.length / columns }, (_, row) =>
    matrix.slice(row * columns, (row + 1) * columns),
  );
}

function mean(values: readonly Scalar[]): Scalar {
  return multiply(sum(values), 1 / values.length);
}

interface Normalization {
  readonly mean: readonly Scalar[];
  readonly variance: readonly Scalar[];
  readonly gamma: readonly Scalar[];
  readonly beta: readonly Scalar[];
}

/** Mean and biased variance of each channel. */
export function statisticsOf(x: readonly Scalar[], channels: number) {
  const columns = columnsOf(x, channels);
  const means = columns.map(mean);
  const variance = columns.map((column, c) => {
    const distances = column.map((value) => subtract(value, means[c]!));
    return mean(distances.map((distance) => multiply(distance, distance)));
  });
  return { mean: means, variance };
}

export function normalized(
  x: readonly Scalar[],
  { mean, variance, gamma, beta }: Normalization,
  epsilon: number,
): Scalar[] {
  return x.map((value, i) => {
    const c = i % gamma.length;
    const distance = divide(subtract(value, mean[c]!), squareRoot(add(variance[c]!, epsilon)));
    return add(multiply(distance, gamma[c]!), beta[c]!);
  });
}

/** Each row of the inputs times the weights, plus the bias. */
function dense(inputs: readonly Scalar[], weights: readonly Scalar[], bias: readonly Scalar[]): Scalar[] {
  return columnsOf(weights, bias.length).map((column, o) => add(dot(inputs, column), bias[o]!));
}

export interface Excite {
  readonly w1: readonly Scalar[];
  readonly b1: readonly Scalar[];
  readonly w2: readonly Scalar[];
  readonly b2: readonly Scalar[];
}

/** skip + weight * branch * factors of images that have so many pixels. */
export function squeezeExcite(
  skip: readonly Scalar[],
  branch: readonly Scalar[],
  { w1, b1, w2, b2 }: Excite,
  pixels: number,
  weight: number,
): Scalar[] {
  const channels = b2.length;
  const factors = rowsOf(branch, pixels * channels).map((image) => {
    const hidden = dense(columnsOf(image, channels).map(mean), w1, b1);
    const positive = hidden.map((unit) => atLeast(unit, 0));
    return dense(positive, w2, b2).map(sigmoid);
  });
  return skip.map((value, i) => {
    const factor = factors[Math.floor(i / (pixels * channels))]![i % channels]!;
    return add(value, multiply(multiply(branch[i]!, factor), weight));
  });
}

/** g v / |v| of each column. */
export function weightNorm(v: readonly Scalar[], g: readonly Scalar[]): Scalar[] {
  const factors = columnsOf(v, g.length).map((column, c) =>
    divide(g[c]!, squareRoot(add(dot(column, column), 1e-12))),
  );
  return v.map((value, i) => multiply(value, factors[i % g.length]!));
}

/** |W v1|^2, where v1 is W'W v0 at length 1, and v0 the start at length 1. The weight is W', `[taps * inputs, outputs]`. */
export function spectralPenalty(weight: readonly Scalar[], start: Float32Array, inputs: number): Scalar {
  const columns = weight.length / start.length;
  const taps = start.length / inputs;
  const length = Math.hypot(...start);
  const tapsFirst = start.map((_, i) => start[(i % inputs) * taps + Math.floor(i / inputs)]!);
  const v0 = scalars(Float64Array.from(tapsFirst, (value) => value / length));
  const [byRow, byColumn] = [rowsOf(weight, columns), columnsOf(weight, columns)];
  const a = byColumn.map((column) => dot(column, v0));
  const u = byRow.map((row) => dot(row, a));
  const norm = atLeast(squareRoot(dot(u, u)), 1e-3);
  const v1 = u.map((value) => divide(value, norm));
  const b = byColumn.map((column) => dot(column, v1));
  return dot(b, b);
}
