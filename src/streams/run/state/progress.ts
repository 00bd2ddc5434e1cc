import type { DataPosition } from '../../../checkpoint/checkpoint.js';
import type { StopReason } from '../runCommand.js';

/** How far a run is, while it lasts. */
export interface Progress {
  reason: StopReason | null;
  paused: boolean;
  data: DataPosition;
  /** Step of the last state that was, or is being, written. */
  written: number;
  /** Whether the last step was. */
  applied: boolean;
  /** A scheduled checkpoint waits for a step that is applied: weights that may be going astray overwrite none. */
  owed: boolean;
}
