/** What a process is asked to do for a time. */
import type { Worker } from './worker.js';

/** A training step, or nine samples. */
export type Work = 'step' | 'sample';

export interface Timed {
  readonly seconds: readonly number[];
  /** The last loss, or the mean value of the last samples: shows that something was computed. */
  readonly value: number;
}

/** Has a process do it `count` times. */
export function work(worker: Worker, what: Work, count: number, limit?: number): Promise<Timed> {
  const request = what === 'step' ? { count } : { count, images: 9, temperature: 0.7 };
  return worker.ask<Timed>(what, request, limit);
}
