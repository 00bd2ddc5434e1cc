/**
 * The context of one pass through the network: the parameters, whether batch normalisation uses the batch's
 * statistics, and where those statistics go.
 */
import { moveAverages } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import type { WholeBatch } from '../engine/wholeBatch.js';
import type { ParameterStore } from './parameterStore.js';

/** `train`: batch normalisation uses the batch's own statistics; `eval`: it uses the running averages. */
export type Mode = 'train' | 'eval';

/** Effective weights by layer name. */
export type LayerWeights = ReadonlyMap<string, tf.Tensor4D>;

export interface Pass {
  readonly store: ParameterStore;
  readonly mode: Mode;
  /** Receives the batch's statistics in train mode; null to discard them. */
  readonly statistics: BatchStatistics | null;
  /** Precomputed weights, or null. Their creator owns them. */
  readonly weights: LayerWeights | null;
  /** Whether cells keep only their input for the backward pass and recompute the rest there. */
  readonly recompute: boolean;
  /** The batch that the images are a part of: its statistics are used in train mode. @default the images are all of it */
  readonly whole?: WholeBatch | undefined;
}

/** Weight of the new batch in the running averages. */
const momentum = 0.05;

/** The statistics of a batch normalisation. */
export interface StatisticsEntry {
  readonly name: string;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  /** Number of values per channel in the mean. */
  readonly count: number;
}

/**
 * Batch statistics of one train-mode pass. They update the running averages only when `commit` is called, so an unusable step
 * leaves no trace. Owns its tensors until `dispose`.
 */
export class BatchStatistics {
  readonly #entries: StatisticsEntry[] = [];

  /** Keeps mean and biased variance beyond the scope in which they were created. */
  record(name: string, mean: tf.Tensor1D, variance: tf.Tensor1D, count: number): void {
    this.#entries.push({ name, mean: tf.keep(mean), variance: tf.keep(variance), count });
  }

  /** What was recorded, in order. */
  get entries(): readonly StatisticsEntry[] {
    return this.#entries;
  }

  /**
   * Moves the running averages towards this batch (its unbiased variance) and frees the statistics.
   *
   * @param varianceFloor running variances do not fall below it; those already below it do not fall further
   */
  commit(store: ParameterStore, { varianceFloor }: { readonly varianceFloor?: number } = {}): void {
    const floor = varianceFloor !== undefined && { floor: varianceFloor };
    const buffers = (entries: readonly StatisticsEntry[], average: string) =>
      entries.map(({ name }) => store.buffer(`${name}.${average}`));
    const means = this.#entries.map(({ mean }) => mean);
    moveAverages(buffers(this.#entries, 'running_mean'), means, { weight: momentum });
    for (const [count, entries] of byCount(this.#entries)) {
      const factor = count / Math.max(1, count - 1); // the variance of one value is 0, not 0 / 0
      const variances = entries.map(({ variance }) => variance);
      moveAverages(buffers(entries, 'running_var'), variances, { weight: momentum, factor, ...floor });
    }
    for (const { name } of this.#entries) store.countBatch(name);
    this.dispose();
  }

  dispose(): void {
    for (const { mean, variance } of this.#entries) tf.dispose([mean, variance]);
    this.#entries.length = 0;
  }
}

/** Groups entries by count: equal counts have the same factor between biased and unbiased variance. */
function byCount(entries: readonly StatisticsEntry[]): Map<number, StatisticsEntry[]> {
  const groups = new Map<number, StatisticsEntry[]>();
  for (const entry of entries) groups.set(entry.count, [...(groups.get(entry.count) ?? []), entry]);
  return groups;
}
