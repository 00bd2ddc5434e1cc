import type { Report } from './report.js';

/** Compares a weight or buffer of a model after a step with the recorded one. */
export function compareState(
  report: Report,
  prefix: string,
  name: string,
  data: ArrayLike<number>,
  weights: string,
): void {
  const isCounter = name.endsWith('.num_batches_tracked');
  const isAverage = name.endsWith('.running_mean') || name.endsWith('.running_var');
  const quantity = isCounter || isAverage ? 'batch norm buffers' : weights;
  report.tensor(quantity, `${prefix}${name}`, data, { extra: isCounter ? 0 : 1e-4 });
}
