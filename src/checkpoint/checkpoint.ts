/** `.checkpoint` files: everything a run needs to go on. */
import { access } from 'node:fs/promises';
import { cut } from '../base/messageText.js';
import { type AtomicWriteOptions, partialPath, previousPath } from './atomicWrite.js';
import { CheckpointError } from './checkpointError.js';
import { checkFinite } from './finite.js';
import { parseEntry, readModelFile, writeModelFile } from './modelFile.js';
import { readSafetensorsHeader } from './readSafetensors.js';
import { dataPositionSchema, trainerStateSchema } from './runState.js';
import type { Position, Snapshot } from './snapshot.js';

/** How far a run is in its data. */
export interface DataPosition {
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Image files of that epoch's order that have been taken, those that could not be decoded included. */
  readonly imagesTaken: number;
  /** Fingerprint of the list of files that the order was drawn from. */
  readonly dataset?: string;
}

export interface Checkpoint extends Snapshot {
  /** Absent where the snapshot was made outside a data pipeline. */
  readonly dataPosition?: DataPosition;
}

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
  const { config, tensors, state, dataPosition } = checkpoint;
  checkFinite(path, tensors);
  const { position } = state;
  const metadata = {
    epoch: String(position.epoch),
    step: String(position.step),
    images_seen: String(position.imagesSeen),
    seed: String(state.seed),
    state: JSON.stringify(state),
    ...(dataPosition && { data_position: JSON.stringify(dataPosition) }),
  };
  const options = { keepPrevious: true, ...(guard && { guard }) };
  await writeModelFile(path, { kind: 'checkpoint', config, tensors, metadata }, options);
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
      const checkpoint = await readCheckpoint(candidate);
      if (candidate !== path) options.onWarning?.(`${problems[0]?.message}; using ${candidate} instead`);
      return checkpoint;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      problems.push(error);
    }
  }
  const [first, ...others] = problems;
  const rest = others.map((error) => `; ${error.message}`).join('');
  const remedy = 'Restore it from a copy, or delete it to start anew.';
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

async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { kind, config, tensors, metadata } = await readModelFile(path);
  if (kind !== 'checkpoint')
    throw new CheckpointError(path, `expected a checkpoint, got a ${cut(kind) || 'file'}`);
  const state = parseEntry(path, metadata, 'state', trainerStateSchema);
  if (!metadata.has('data_position')) return { config, tensors, state };
  const dataPosition = parseEntry(path, metadata, 'data_position', dataPositionSchema);
  return { config, tensors, state, dataPosition };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
