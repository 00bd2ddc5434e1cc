/** Measures variants in turns, so that all of them see the same state of the machine. */
import type { Figure } from './figures.js';
import type { OurVariant, TorchVariant } from './variants.js';
import type { Worker } from './worker.js';
import type { Workload } from './workload.js';

export type Work = 'step' | 'sample';

export interface Rounds {
  readonly rounds: number;
  /** Steps in each round. */
  readonly steps: number;
  readonly warmup: number;
}

interface Timed {
  readonly seconds: readonly number[];
  readonly value: number;
}

/** Nine samples, or steps. */
export function work(worker: Worker, what: Work, count: number, limit?: number): Promise<Timed> {
  const request = what === 'step' ? { count } : { count, images: 9, temperature: 0.7 };
  return worker.ask<Timed>(what, request, limit);
}

interface Run {
  readonly variant: OurVariant | TorchVariant;
  readonly worker: Worker;
  readonly seconds: number[];
  value: number;
}

/** Starts a process for each variant, warms them up, and lets each work in every round. */
export async function inTurns(
  workload: Workload,
  what: Work,
  variants: readonly (OurVariant | TorchVariant)[],
  { rounds, steps, warmup }: Rounds,
): Promise<Figure[]> {
  const runs: Run[] = [];
  try {
    for (const variant of variants) {
      const worker = await workload.start(variant);
      runs.push({ variant, worker, seconds: [], value: Number.NaN });
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
