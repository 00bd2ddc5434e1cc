import { defaultTimeLimitMs } from '../timeLimit.js';

/** The memory that the ranks of a `memoryGroup` share. Plain data: post it to worker threads, or use it in one thread. */
export interface GroupMemory {
  /** Number of ranks. */
  readonly size: number;
  /** How long a rank waits for the others in one call. */
  readonly timeLimitMs: number;
  /** For calls that return promises. */
  readonly promised: LaneMemory;
  /** For calls that block, which wait for no others. */
  readonly blocking: LaneMemory;
}

/** Memory for calls in one order. */
export interface LaneMemory {
  /** Numbers that ranks wait on, and the text of a failure: see `ControlBlock`. */
  readonly control: SharedArrayBuffer;
  /** Two places of `pieceBytes` for each rank. */
  readonly pieces: SharedArrayBuffer;
}

/** Options of `groupMemory`. */
export interface GroupMemoryOptions {
  /** How long a rank waits for the others in one call. @default ten minutes */
  readonly timeLimitMs?: number;
}

/** Longer arrays travel in pieces of this size. */
export const pieceBytes = 1 << 18;

/**
 * Returns new memory for a group in one process.
 *
 * @param size number of ranks
 * @param options how long ranks wait for each other
 * @throws RangeError when the size is no positive integer, or the time limit is not positive
 *
 * @example
 * const memory = groupMemory(2);
 * new Worker('./rank.js', { workerData: { memory, rank: 1 } });
 * train(config, { group: memoryGroup(memory, 0) }).subscribe();
 */
export function groupMemory(size: number, options: GroupMemoryOptions = {}): GroupMemory {
  const { timeLimitMs = defaultTimeLimitMs } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`groupMemory: size must be a positive integer, got ${size}`);
  if (!(timeLimitMs > 0))
    throw new RangeError(`groupMemory: timeLimitMs must be positive, got ${timeLimitMs}`);
  return { size, timeLimitMs, promised: laneMemory(size), blocking: laneMemory(size) };
}

/** Numbers before those of the ranks: see `ControlBlock`. */
export const headNumbers = 3;
/** Numbers of each rank: its thread, its number of pieces, and two descriptions of calls. */
export const rankNumbers = 2 + 2 * 3;
export const reasonBytes = 1024;

const laneMemory = (size: number): LaneMemory => ({
  control: new SharedArrayBuffer(4 * (headNumbers + size * rankNumbers) + reasonBytes),
  pieces: new SharedArrayBuffer(2 * size * pieceBytes),
});
