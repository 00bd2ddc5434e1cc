import type { Position } from '../../checkpoint/snapshot.js';
import { EngineFailedError } from '../../engine/engines.js';
import type { CrashEvent } from '../run/events.js';
import { resumeWords } from '../run/resumeWords.js';
import { describeDeath } from './describeDeath.js';
import type { Death } from './workerRun.js';

export interface Circumstances {
  /** Number of times the process has crashed since the last new checkpoint. */
  readonly crashes: number;
  /** Position of the last checkpoint; null if there is none. */
  readonly saved: Position | null;
  /** Whether the run has ever started. */
  readonly everStarted: boolean;
  /** Whether the process was asked to stop. */
  readonly stopping: boolean;
  readonly restarts: number;
  /** Milliseconds before the first restart. */
  readonly restartDelay: number;
}

/** The `crash` event for a process that has ended: what to report, and whether to restart. */
export function crashEvent(death: Death, circumstances: Circumstances): CrashEvent {
  const { crashes, saved, everStarted, stopping, restarts, restartDelay } = circumstances;
  // A process that exits by itself before the run starts would exit again.
  const hopeless = death.signal === null && !everStarted;
  const restarting = !stopping && !hopeless && crashes <= restarts;
  const restartSeconds = restarting ? (restartDelay * 2 ** (crashes - 1)) / 1000 : null;
  const from = saved ? `from the checkpoint of step ${saved.step}` : 'from the beginning';
  const plan = restarting
    ? `restarting ${from} in ${restartSeconds} s (${crashes} of ${restarts})`
    : saved
      ? `the same command resumes ${from}`
      : resumeWords(false);
  const often = crashes > restarts ? `, ${crashes} times without reaching a new checkpoint` : '';
  const what = `train: ${describeDeath(death)}${often}`;
  const loss = 'it was stopping, so the steps since its last checkpoint are lost';
  const { signal, exitCode, output, failure } = death;
  const advice = !restarting && failure instanceof EngineFailedError ? [failure.advice] : [];
  const message = [what, ...advice, ...(stopping ? [loss] : []), plan].join('; ');
  return { type: 'crash', message, signal, exitCode, output, crashes, restartSeconds };
}
