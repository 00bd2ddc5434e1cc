import { cut } from '../base/messageText.js';
import type { Checkpoint } from './checkpointContent.js';
import { CheckpointError } from './checkpointError.js';
import type { ModelFile } from './modelContent.js';
import { parseEntry } from './modelFileFrom.js';
import { dataPositionSchema, trainerStateSchema } from './runState.js';

/** @throws CheckpointError when it is another kind of file, or contains no run */
export function checkpointFrom({ kind, config, tensors, metadata }: ModelFile, where: string): Checkpoint {
  if (kind !== 'checkpoint') {
    throw new CheckpointError(where, `this is a ${cut(kind) || 'file'}, not a checkpoint`);
  }
  const state = parseEntry(where, metadata, 'state', trainerStateSchema);
  if (!metadata.has('data_position')) return { config, tensors, state };
  const dataPosition = parseEntry(where, metadata, 'data_position', dataPositionSchema);
  return { config, tensors, state, dataPosition };
}
