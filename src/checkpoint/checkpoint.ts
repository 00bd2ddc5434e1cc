/** `.checkpoint` files: everything a run needs to go on. */
import { access } from 'node:fs/promises';
import { type AtomicWriteOptions, partialPath, previousPath } from './atomicWrite.js';
import { type Checkpoint, checkpointFrom, contentOf } from './checkpointContent.js';
import { CheckpointError } from './checkpointError.js';
import { parseEntry } from './modelContent.js';
import { readModelFile, writeModelFile } from './modelFile.js';
import { readSafetensorsHeader } from './readSafetensors.js';
import { trainerStateSchema } from './runState.js';
import type { Position } from './snapshot.js';

export type SaveOptions = Pick<AtomicWriteOptions, 'guard'>;

export interface LoadCheckpointOptions {
  /** Told when the file is damaged and an older one is used. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Write a checkpoint; the one before is kept as `<path>.previous`.
 * @throws CheckpointError when it is not finite or cannot be written; what was there is whole then
 */
export async function saveCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  { guard }: SaveOptions = {},
): Promise<void> {
  const options = { keepPrevious: true, ...(guard && { guard }) };
  await writeModelFile(path, contentOf(checkpoint, path), options);
}

/**
 * Read a checkpoint, or where it is missing or damaged the one before it, with a warning.
 * @throws CheckpointError when there is none or none is whole
 */
export async function loadCheckpoint(path: string, options: LoadCheckpointOptions = {}): Promise<Checkpoint> {
  const problems: CheckpointError[] = [];
  // A file that was written but not yet renamed comes last: it is used only where nothing else is whole.
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

/** Whether a checkpoint, or the one before it, is there to go on from. */
export async function checkpointExists(path: string): Promise<boolean> {
  return (await exists(path)) || (await exists(previousPath(path)));
}

/**
 * How far the run of a checkpoint is, by the file's header alone; null where there is none.
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
