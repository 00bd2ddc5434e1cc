import { access } from 'node:fs/promises';
import { partialPath, previousPath } from './atomicWrite.js';
import type { Checkpoint } from './checkpointContent.js';
import { CheckpointError } from './checkpointError.js';
import { checkpointFrom } from './checkpointFrom.js';
import { parseEntry } from './modelFileFrom.js';
import { readModelFile } from './readModelFile.js';
import { readSafetensorsHeader } from './readSafetensors.js';
import { trainerStateSchema } from './runState.js';
import type { Position } from './snapshot.js';

/** Options of `loadCheckpoint`. */
export interface LoadCheckpointOptions {
  /** Called with a message when the file is damaged and an older one is used. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Reads a checkpoint. If it is missing or damaged, reads the previous one, with a warning.
 * @param path the file
 * @param options a callback for warnings
 * @returns plain data, for `Trainer.restore`
 * @throws CheckpointError when there is no checkpoint, or all are damaged
 * @example
 * const checkpoint = await loadCheckpoint('saved_weights/demo.checkpoint', { onWarning: console.warn });
 * await trainer.restore(checkpoint);
 */
export async function loadCheckpoint(path: string, options: LoadCheckpointOptions = {}): Promise<Checkpoint> {
  const problems: CheckpointError[] = [];
  // A file that was written but not yet renamed comes last: it is used only if no other file is intact.
  for (const candidate of [path, previousPath(path), partialPath(path)]) {
    if (candidate !== path && !(await exists(candidate))) continue;
    try {
      const checkpoint = checkpointFrom(await readModelFile(candidate), candidate);
      if (candidate !== path) options.onWarning?.(`${problems[0]?.message}; using ${candidate} instead`);
      return checkpoint;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      problems.push(error);
    }
  }
  const [first, ...others] = problems;
  const rest = others.map((error) => `; ${error.message}`).join('');
  const remedy = 'Restore it from a backup, or delete it to start from the beginning.';
  const problem = `${first?.message.slice(path.length + 2)}${rest}. ${remedy}`;
  throw new CheckpointError(path, problem, { cause: first });
}

/**
 * Whether there is a checkpoint, or a previous one, to resume from.
 * @param path the file
 * @example
 * if (await checkpointExists(path)) await trainer.restore(await loadCheckpoint(path));
 */
export async function checkpointExists(path: string): Promise<boolean> {
  return (await exists(path)) || (await exists(previousPath(path)));
}

/**
 * Reads the position of a run from the header of its checkpoint file; null if there is no file.
 * @throws CheckpointError when the header is damaged
 */
export async function checkpointPosition(path: string): Promise<Position | null> {
  if (!(await exists(path))) return null;
  const { metadata } = await readSafetensorsHeader(path);
  return parseEntry(path, metadata, 'state', trainerStateSchema).position;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
