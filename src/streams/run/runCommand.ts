import type { StoppedEvent } from './events.js';

/** `checkpoint`, `reconstruct` and `sample` write theirs after the running step, or at once where the run is paused. */
export type RunCommand = 'pause' | 'resume' | 'checkpoint' | 'reconstruct' | 'sample' | 'stop';
export type RunRequest = Extract<RunCommand, 'checkpoint' | 'reconstruct' | 'sample'>;
export type StopReason = StoppedEvent['reason'];
