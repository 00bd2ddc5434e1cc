import { configFromData } from '../config/configFromData.js';
import type { NvaeConfig } from '../config/types.js';
import { parseEntry } from './modelFileFrom.js';
import { readSafetensorsHeader } from './readSafetensors.js';
import { trainerStateSchema } from './runState.js';
import type { Position } from './snapshot.js';

export interface Progress {
  readonly config: NvaeConfig;
  /** Null for a final model. */
  readonly position: Position | null;
}

/**
 * Reads the configuration and the position of a run from the header of its checkpoint or final model, however large it is.
 * @throws CheckpointError or ConfigError when the file is missing, damaged or not one of ours
 */
export async function readProgress(path: string): Promise<Progress> {
  const { metadata } = await readSafetensorsHeader(path);
  const config = configFromData(JSON.parse(metadata.get('config') ?? 'null'), path);
  return { config, position: metadata.has('state') ? positionIn(path, metadata) : null };
}

/**
 * Reads the position of a run from the header of its checkpoint.
 * @throws CheckpointError when the file is missing, damaged or no checkpoint
 */
export async function readPosition(path: string): Promise<Position> {
  return positionIn(path, (await readSafetensorsHeader(path)).metadata);
}

function positionIn(path: string, metadata: ReadonlyMap<string, string>): Position {
  return parseEntry(path, metadata, 'state', trainerStateSchema).position;
}
