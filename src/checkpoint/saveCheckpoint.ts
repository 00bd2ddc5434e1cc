import { type Checkpoint, contentOf } from './checkpointContent.js';
import { writeModelFile } from './writeModelFile.js';

/** Options of `saveCheckpoint`. */
export interface SaveOptions {
  /**
   * Called before anything is written, and again right before the file is replaced. If it throws, nothing more is touched.
   * @default no check
   */
  readonly guard?: (stage: 'begin' | 'rename') => Promise<void>;
}

/**
 * Writes a checkpoint. The previous one is kept as `<path>.previous`.
 * @param path the file; missing folders are created
 * @param checkpoint a snapshot of a `Trainer`; it is not changed
 * @param options a check right before the file is replaced
 * @throws CheckpointError when a value is not finite or the file cannot be written; the previous file stays intact
 * @example
 * await saveCheckpoint('saved_weights/demo.checkpoint', await trainer.snapshot());
 */
export async function saveCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  { guard }: SaveOptions = {},
): Promise<void> {
  const options = { keepPrevious: true, ...(guard && { guard }) };
  await writeModelFile(path, contentOf(checkpoint, path), options);
}
