/** Runs a function as several ranks, each in a worker thread of its own, with a `memoryGroup`. */
import { Worker } from 'node:worker_threads';
import {
  type GroupMemory,
  type GroupMemoryOptions,
  groupMemory,
} from '../../../src/group/memory/groupMemory.js';
import type { ProcessGroup } from '../../../src/group/processGroup.js';
import { built } from '../build/built.js';

export interface RankContext<D> {
  readonly group: ProcessGroup;
  readonly memory: GroupMemory;
  /** Plain data from the test. */
  readonly data: D;
  /** Imports a compiled module of src: `await load<typeof import('../../src/a/b.js')>('a/b.js')`. */
  load<M>(path: string): Promise<M>;
}

export type RankFunction<D, R> = (context: RankContext<D>) => R | Promise<R>;

export interface RankOptions<D> extends GroupMemoryOptions {
  readonly data?: D;
  /** Environment variables of the threads, such as NVAE_THREADS. */
  readonly env?: Record<string, string>;
}

/** What became of a rank. A thread that ended without a result `vanished`. */
export type RankOutcome<R> = { readonly value: R } | { readonly error: Error } | { readonly vanished: true };

/**
 * Returns what the function returned on each rank. It runs elsewhere: it must not use anything from outside itself but its argument
 * and globals, and its result must be plain data.
 * @throws the error of the lowest rank that has failed
 */
export async function runRanks<R, D = undefined>(
  size: number,
  run: RankFunction<D, R>,
  options: RankOptions<D> = {},
): Promise<R[]> {
  const outcomes = await rankOutcomes(size, run, options);
  return outcomes.map((outcome, rank) => {
    if ('value' in outcome) return outcome.value;
    throw 'error' in outcome ? outcome.error : new Error(`rank ${rank} ended without a result`);
  });
}

/** As `runRanks`, for ranks that may fail. */
export function rankOutcomes<R, D = undefined>(
  size: number,
  run: RankFunction<D, R>,
  { data, env, timeLimitMs = 20_000 }: RankOptions<D> = {},
): Promise<RankOutcome<R>[]> {
  const memory = groupMemory(size, { timeLimitMs });
  const one = (rank: number) =>
    new Promise<RankOutcome<R>>((resolve) => {
      const worker = new Worker(new URL('./rank.mjs', import.meta.url), {
        workerData: { memory, rank, data, source: run.toString(), built: built('') },
        env: { ...process.env, ...env },
        execArgv: [],
      });
      worker.once('message', resolve);
      worker.once('error', (error) => resolve({ error }));
      worker.once('exit', () => resolve({ vanished: true }));
    });
  return Promise.all(Array.from({ length: size }, (_, rank) => one(rank)));
}
