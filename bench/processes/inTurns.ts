/** Measures several processes in turns, so that all of them see the same state of the machine. */
import { type Timed, type Work, work } from './work.js';
import type { Worker } from './worker.js';

export interface Rounds {
  readonly rounds: number;
  /** How often each does its work in a round. */
  readonly steps: number;
  readonly warmup: number;
}

/** What one of them needed, all rounds together. */
export interface Needed extends Timed {
  /** Peak resident memory of the process. */
  readonly peakBytes: number;
}

interface Run {
  readonly worker: Worker;
  readonly seconds: number[];
  value: number;
}

/**
 * Starts a process for each item, warms them up, and lets each work in every round.
 * @returns figures in the order of the items
 */
export async function inTurns<T>(
  items: readonly T[],
  start: (item: T) => Promise<Worker>,
  what: Work,
  { rounds, steps, warmup }: Rounds,
): Promise<Needed[]> {
  const runs: Run[] = [];
  try {
    for (const item of items) {
      const worker = await start(item);
      runs.push({ worker, seconds: [], value: Number.NaN });
      await work(worker, what, warmup);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const run of runs) {
        const { seconds, value } = await work(run.worker, what, steps);
        run.seconds.push(...seconds);
        run.value = value;
      }
    }
    return await Promise.all(
      runs.map(async ({ worker, ...run }) => ({ ...run, peakBytes: await worker.ask<number>('peak') })),
    );
  } finally {
    for (const { worker } of runs) await worker[Symbol.asyncDispose]();
  }
}
