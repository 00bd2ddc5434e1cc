import { CheckpointError } from '../checkpoint/checkpointError.js';
import type { NvaeConfig } from '../config/types.js';
import { architectureChanges } from './architectureChanges.js';

/**
 * Compares the configuration of a file with the one that a caller gave, if any.
 * @param where names the file in messages
 * @param remedy what to do if they differ
 * @throws CheckpointError that names the architecture keys that differ
 */
export function checkArchitecture(
  where: string,
  found: NvaeConfig,
  given: NvaeConfig | undefined,
  remedy = 'pass the configuration that it was trained with, or none: the file contains it',
): void {
  const changes = given ? architectureChanges(found.model, given.model, 'was') : [];
  if (changes.length === 0) return;
  throw new CheckpointError(where, `has another architecture: ${changes.join(', ')}; ${remedy}`);
}
