import type { z } from 'zod';
import { cut } from '../base/messageText.js';
import type { Checkpoint } from './checkpointContent.js';
import { CheckpointError } from './checkpointError.js';
import type { ModelFile } from './modelContent.js';
import { parseEntry } from './modelFileFrom.js';
import { dataPositionSchema, trainerStateSchema, validationRecordSchema } from './runState.js';

/** @throws CheckpointError when it is another kind of file, or contains no run */
export function checkpointFrom({ kind, config, tensors, metadata }: ModelFile, where: string): Checkpoint {
  if (kind !== 'checkpoint') {
    throw new CheckpointError(where, `this is a ${cut(kind) || 'file'}, not a checkpoint`);
  }
  const state = parseEntry(where, metadata, 'state', trainerStateSchema);
  const optional = <T>(key: string, schema: z.ZodType<T>) =>
    metadata.has(key) ? parseEntry(where, metadata, key, schema) : undefined;
  const dataPosition = optional('data_position', dataPositionSchema);
  const validation = optional('validation', validationRecordSchema);
  return { config, tensors, state, ...(dataPosition && { dataPosition }), ...(validation && { validation }) };
}
