/** Compares runs of an option with runs without it. */

interface Run {
  readonly seed: number;
  readonly raw: { readonly mean: number };
}

/** Mean and standard deviation over the seeds: `3.912 ± 0.021 (3 seeds)`. */
export function meanAndSpread(values: readonly number[]): string {
  const { mean, deviation } = statistics(values);
  if (values.length < 2) return `${mean.toFixed(3)} (1 seed)`;
  return `${mean.toFixed(3)} ± ${deviation.toFixed(3)} (${values.length} seeds)`;
}

/**
 * In words: runs with the same seed are compared in pairs. A difference counts if it has the same sign for every seed and is more
 * than twice its standard error.
 */
export function compare(runs: readonly Run[], others: readonly Run[]): string {
  const differences = runs.flatMap(({ seed, raw }) => {
    const other = others.find((run) => run.seed === seed);
    return other ? [raw.mean - other.raw.mean] : [];
  });
  if (differences.length === 0) return 'not compared yet';
  const { mean, deviation } = statistics(differences);
  const difference = `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(3)}`;
  if (differences.length < 2) return `${difference}, one seed: not judged`;
  const error = deviation / Math.sqrt(differences.length);
  const isClear = differences.every((value) => value * mean > 0) && Math.abs(mean) > 2 * error;
  if (!isClear) return `does not help: ${difference} ± ${error.toFixed(3)}, no clear difference`;
  return `${mean < 0 ? 'helps' : 'hurts'}: ${difference} ± ${error.toFixed(3)}`;
}

function statistics(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
