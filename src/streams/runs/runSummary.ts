/** What is known about a run after it was trained for a while: the row of a table of runs. Plain data. */
import type { NvaeConfig } from '../../config/types.js';

/**
 * `training`: its process is alive. `stopped`: on request or by its time limit. `failed`: ended with an error that it reported.
 * `crashed`: its process is gone and reported no end. `unknown`: it has no journal.
 */
export type RunSummaryStatus =
  | 'training'
  | 'paused'
  | 'finished'
  | 'stopped'
  | 'failed'
  | 'crashed'
  | 'unknown';

/** A validation of a run. */
export interface ValidationSummary {
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Bits per dimension on the held-out images. */
  readonly bitsPerDimension: number;
}

/** A run in a few numbers. */
export interface RunSummary {
  /** Name of the run. */
  readonly name: string;
  /** What the run is doing, or how it ended. */
  readonly status: RunSummaryStatus;
  /** Steps made. */
  readonly steps: number;
  /** Epochs finished. */
  readonly epochs: number;
  /** Epochs to train; null: until stopped, or unknown. */
  readonly epochsPlanned: number | null;
  /** Images trained on, repeated ones included. */
  readonly imagesSeen: number;
  /** Seconds trained, in all sessions together; without pauses, and without the time between sessions. */
  readonly secondsTrained: number;
  /** Number of sessions: starts and resumes. */
  readonly sessions: number;
  /** Images per second in the steps of the last session that has any, waits for data included; null: unknown. */
  readonly imagesPerSecond: number | null;
  /** Mean loss of the last 20 steps in the journal, in nats per image; null: unknown. */
  readonly loss: number | null;
  /** Mean negative ELBO of the last epoch's training images, in nats per image; null: unknown. */
  readonly negativeElbo: number | null;
  /** The last validation; null if there was none. */
  readonly validation: ValidationSummary | null;
  /** The best validation; null if there was none. */
  readonly best: ValidationSummary | null;
  /** Number of warnings. */
  readonly warnings: number;
  /** Number of crashes. */
  readonly crashes: number;
  /** Time of the last entry in the journal, or of the run's last file, in milliseconds since 1970; null: unknown. */
  readonly lastActivity: number | null;
  /** The configuration of the last session; null: unknown. */
  readonly config: NvaeConfig | null;
}
