import { CheckpointError } from '../checkpoint/checkpointError.js';

/** The error for a PyTorch file whose bytes contradict its format. */
export function damaged(where: string, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError(where, `damaged PyTorch file: ${problem}`, { cause });
}
