import type { Position } from '../../checkpoint/snapshot.js';
import type { CrashEvent } from '../run/events.js';
import { resumeWords } from '../run/resumeWords.js';
import { describeDeath } from './describeDeath.js';
import type { Death } from './workerRun.js';

export interface Circumstances {
  /** How often the process has ended since the last new checkpoint. */
  readonly crashes: number;
  /** Where the last checkpoint is; null without one. */
  readonly saved: Position | null;
  /** Whether the run has ever begun. */
  readonly everStarted: boolean;
  /** Whether it was asked to stop. */
  readonly stopping: boolean;
  readonly restarts: number;
  /** Milliseconds before the first restart. */
  readonly restartDelay: number;
}

/** What is said, and done, about a process that has ended. */
export function crashEvent(death: Death, circumstances: Circumstances): CrashEvent {
  const { crashes, saved, everStarted, stopping, restarts, restartDelay } = circumstances;
  // What ends by itself before it has begun would do so again.
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
  const what = `train: the run's process ${describeDeath(death)}${often}`;
  const loss = 'it was stopping, so the steps since its last checkpoint are lost';
  const message = [what, ...(stopping ? [loss] : []), plan].join('; ');
  return { type: 'crash', message, ...death, crashes, restartSeconds };
}
