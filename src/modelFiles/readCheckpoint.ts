import { partialPath, previousPath } from '../checkpoint/atomicWrite.js';
import type { Checkpoint } from '../checkpoint/checkpointContent.js';
import { CheckpointError } from '../checkpoint/checkpointError.js';
import { fileExists } from '../checkpoint/checkpointExists.js';
import { checkpointFrom } from '../checkpoint/checkpointFrom.js';
import { readOneFile } from './readOneFile.js';
import { isTorchPath } from './torch/isTorchPath.js';
import type { Needs } from './torch/readTorchFile.js';

/**
 * Reads a checkpoint, or the previous one if it is missing or damaged, with a warning. A PyTorch file must be read itself: the
 * previous file may belong to another run. Does not compare the configuration with that of our own files.
 * @throws CheckpointError when there is no checkpoint, all are damaged, or a PyTorch file cannot be resumed
 */
export async function readCheckpoint(path: string, options: Omit<Needs, 'weightsOnly'>): Promise<Checkpoint> {
  const problems: CheckpointError[] = [];
  // A file that was written but not yet renamed comes last: it is used only if no other file is intact.
  for (const candidate of [path, previousPath(path), partialPath(path)]) {
    if (candidate !== path && !(await fileExists(candidate))) continue;
    try {
      const checkpoint = checkpointFrom(await readOneFile(candidate, options), candidate);
      if (candidate !== path) options.onWarning?.(`${problems[0]?.message}; using ${candidate} instead`);
      return checkpoint;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      if (candidate === path && (await isTorchPath(path))) throw error;
      problems.push(error);
    }
  }
  const [first, ...others] = problems;
  const rest = others.map((error) => `; ${error.message}`).join('');
  const remedy = 'Restore it from a backup, or delete it to start from the beginning.';
  const problem = `${first?.message.slice(path.length + 2)}${rest}. ${remedy}`;
  throw new CheckpointError(path, problem, { cause: first });
}
