import type { Checkpoint } from '../checkpoint/checkpointContent.js';
import { checkArchitecture } from './checkArchitecture.js';
import { givenConfig } from './givenConfig.js';
import { readCheckpoint } from './readCheckpoint.js';
import type { ReadModelOptions } from './torch/readTorchFile.js';

/** Options of `loadCheckpoint`. */
export interface LoadCheckpointOptions extends ReadModelOptions {
  /** Seed of the run that goes on from a PyTorch checkpoint; our own contain theirs. @default that of the configuration */
  readonly seed?: number;
}

/**
 * Reads a checkpoint, ours or one of the PyTorch implementation. If it is missing or damaged, reads the previous one, with a
 * warning; but a PyTorch file must be read itself, because the previous file may belong to another run.
 * @param path the file
 * @param options configuration and seed of a PyTorch file, and a callback for warnings
 * @returns plain data, for `Trainer.restore`
 * @throws CheckpointError when there is no checkpoint, all are damaged, a PyTorch file cannot be resumed, or the configuration is not
 * found or describes another architecture
 * @throws ConfigError when the configuration of a PyTorch file is invalid
 * @example
 * const checkpoint = await loadCheckpoint('saved_weights/demo.checkpoint', { onWarning: console.warn });
 * await trainer.restore(checkpoint);
 */
export async function loadCheckpoint(path: string, options: LoadCheckpointOptions = {}): Promise<Checkpoint> {
  const config = await givenConfig(options);
  const checkpoint = await readCheckpoint(path, { ...options, ...(config && { config }) });
  checkArchitecture(path, checkpoint.config, config);
  return checkpoint;
}
