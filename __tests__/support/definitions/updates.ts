/** Adamax and running averages by definition, in float64. */
import type { AdamaxOptions, AverageOptions } from '../../../src/engine/ops.js';

export interface AdamaxState {
  readonly parameter: Float64Array;
  readonly momentum: Float64Array;
  readonly maximum: Float64Array;
  readonly average: Float64Array;
}

/** The state after one update (Kingma & Ba 2015, section 7.1). */
export function adamax(
  { parameter, momentum, maximum, average }: AdamaxState,
  gradient: ArrayLike<number>,
  options: AdamaxOptions,
): AdamaxState {
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, averageWeight = 0 } = options;
  const g = parameter.map((p, i) => gradientScale * gradient[i]! + weightDecay * p);
  const m = momentum.map((old, i) => beta1 * old + (1 - beta1) * g[i]!);
  const u = maximum.map((old, i) => Math.max(beta2 * old, Math.abs(g[i]!) + epsilon));
  const moved = parameter.map((p, i) => p - (learningRate * m[i]!) / u[i]!);
  return {
    ...{ parameter: moved, momentum: m, maximum: u },
    average: average.map((old, i) => old + averageWeight * (moved[i]! - old)),
  };
}

export function movedAverage(
  average: Float32Array,
  value: Float32Array,
  { weight, factor = 1, floor = Number.NEGATIVE_INFINITY }: AverageOptions,
): Float64Array {
  return Float64Array.from(average, (old, i) =>
    Math.max((1 - weight) * old + weight * factor * value[i]!, Math.min(old, floor)),
  );
}
