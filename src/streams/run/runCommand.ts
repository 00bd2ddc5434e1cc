import type { StoppedEvent } from './events.js';

/**
 * A command to a running training: a value of `TrainOptions.commands$`.
 *
 * - `pause` stops the run before its next step, `resume` lets it continue.
 * - `checkpoint`, `reconstruct` and `sample` write a checkpoint, a preview of reconstructions or a preview of new images
 *   after the running step, or at once while the run is paused.
 * - `stop` lets the running step finish, writes the checkpoint and ends the run.
 */
export type RunCommand = 'pause' | 'resume' | 'checkpoint' | 'reconstruct' | 'sample' | 'stop';

/** Something to write between two steps. */
export type RunRequest = Extract<RunCommand, 'checkpoint' | 'reconstruct' | 'sample'>;

/** Why a run stops before its last epoch is done. */
export type StopReason = StoppedEvent['reason'];
