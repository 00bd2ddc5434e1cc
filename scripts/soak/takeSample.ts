/** Samples everything in this process that a run could leak. */
import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import * as tf from '../../src/engine/tf.js';

/** Counts and bytes; null if the system, or the way node was started, does not report them. */
export interface SoakSample {
  readonly step: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** Bytes in use by tensors. */
  readonly poolBytes: number | null;
  /** Bytes in use or available for reuse. */
  readonly poolTotalBytes: number | null;
  /** Number of handles that keep the event loop alive, including the sampling's own timer. */
  readonly handles: number;
  readonly descriptors: number | null;
  /** Number of listeners on the process, its standard streams and the given signal. */
  readonly listeners: number;
  readonly heapBytes: number | null;
  readonly residentBytes: number;
}

export type SoakMetric = Exclude<keyof SoakSample, 'step'>;

/** Collects garbage if node was started with `--expose-gc`; only then is the heap size meaningful. */
export function takeSample(step: number, signal: AbortSignal): SoakSample {
  // Read before the collection: how much memory V8 returns to the system afterwards varies.
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
