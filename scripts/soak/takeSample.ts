/** One look at everything of this process that a run could leave behind. */
import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import * as tf from '../../src/engine/tf.js';

/** Counts and bytes; null where this system, or this way of starting node, cannot tell. */
export interface SoakSample {
  readonly step: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** In use by tensors. */
  readonly poolBytes: number | null;
  /** In use or waiting to be. */
  readonly poolTotalBytes: number | null;
  /** What keeps the event loop going, the sampling's own timer included. */
  readonly handles: number;
  readonly descriptors: number | null;
  /** On the process, its standard streams and the given signal. */
  readonly listeners: number;
  readonly heapBytes: number | null;
  readonly residentBytes: number;
}

export type SoakMetric = Exclude<keyof SoakSample, 'step'>;

/** Collects garbage where node was started with `--expose-gc`; only then the heap says anything. */
export function takeSample(step: number, signal: AbortSignal): SoakSample {
  // Before the collection: what V8 gives back to the system after one differs from time to time.
  const residentBytes = process.memoryUsage.rss();
  globalThis.gc?.();
  const pool = nativeBackend()?.poolStatistics();
  const { numTensors, numBytes } = tf.memory();
  return {
    step,
    tensors: numTensors,
    tensorBytes: numBytes,
    poolBytes: pool?.liveBytes ?? null,
    poolTotalBytes: pool ? pool.liveBytes + pool.freeBytes : null,
    handles: process.getActiveResourcesInfo().length,
    descriptors: openDescriptors(),
    listeners: listenersOf(signal),
    heapBytes: globalThis.gc ? process.memoryUsage().heapUsed : null,
    residentBytes,
  };
}

function openDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}

function listenersOf(signal: AbortSignal): number {
  const emitters = [process, process.stdout, process.stderr];
  const counts = emitters.map((emitter) =>
    emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0),
  );
  return counts.reduce((sum, count) => sum + count, getEventListeners(signal, 'abort').length);
}
