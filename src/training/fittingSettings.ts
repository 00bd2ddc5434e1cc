/** Settings with which a training fits into memory. */
import type { NvaeConfig } from '../config/types.js';
import { largestBatch, peakBytes, type TrainingMemory, trainingMemory } from './trainingMemory.js';

/** Keys of a configuration, and the memory that a run needs with them. */
export interface FittingSettings {
  readonly batchSize: number;
  readonly halfPrecision: boolean;
  readonly useTensorCheckpoints: boolean;
  readonly peakBytes: number;
}

export interface FittingOptions {
  /** Bytes that the run may take. */
  readonly limit: number;
  /** Whether the engine has half precision. */
  readonly hasHalfPrecision: boolean;
  /** The memory of a configuration. @default that estimated from its shapes */
  readonly memoryOf?: (config: NvaeConfig) => TrainingMemory;
}

/**
 * The largest batch that fits with the precision and recomputation of the configuration; and, if half precision or recomputation allow
 * a larger one, the settings with the largest batch, the fastest if several have it. Empty if not even one image fits.
 */
export function fittingSettings(
  config: NvaeConfig,
  { limit, hasHalfPrecision, memoryOf = trainingMemory }: FittingOptions,
): FittingSettings[] {
  const { batchSize, halfPrecision, useTensorCheckpoints } = config.training;
  const halves = hasHalfPrecision && !halfPrecision ? [false, true] : [halfPrecision];
  const recomputations = useTensorCheckpoints ? [true] : [false, true];
  const candidates = recomputations.flatMap((recomputes) =>
    halves.map((half) => {
      const keys = { halfPrecision: half, useTensorCheckpoints: recomputes };
      const memory = memoryOf({ ...config, training: { ...config.training, ...keys } });
      const fitting = Math.min(batchSize, largestBatch(memory, limit));
      return { batchSize: fitting, ...keys, peakBytes: peakBytes(memory, fitting) };
    }),
  );
  const fitting = candidates.filter((settings) => settings.batchSize >= 1);
  const largest = Math.max(...fitting.map((settings) => settings.batchSize));
  const asConfigured = candidates.slice(0, 1).filter((settings) => settings.batchSize >= 1);
  const best = fitting.find((settings) => settings.batchSize === largest);
  return best === undefined || best === asConfigured[0] ? asConfigured : [...asConfigured, best];
}

/** As options of `nvae train`: only what differs from the configuration. */
export function settingOptions({ training }: NvaeConfig, settings: FittingSettings): string {
  const { batchSize, halfPrecision, useTensorCheckpoints } = settings;
  const changes = [
    batchSize === training.batchSize ? '' : `batch_size=${batchSize}`,
    halfPrecision === training.halfPrecision ? '' : `half_precision=${halfPrecision}`,
    useTensorCheckpoints === training.useTensorCheckpoints
      ? ''
      : `use_tensor_checkpoints=${useTensorCheckpoints}`,
  ];
  return changes
    .filter(Boolean)
    .map((change) => `--set training_parameters.${change}`)
    .join(' ');
}
