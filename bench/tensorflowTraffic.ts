/** Counts calls to libtensorflow: executed operations, tensors read back, and tensors created from JavaScript data. */
import { overlaid } from '../src/engine/tensorflow/binding.js';
import type { NodeBackend } from '../src/engine/tensorflow/nodeBackend.js';
import * as tf from '../src/engine/tf.js';

export interface Copies {
  readonly count: number;
  readonly bytes: number;
}

export interface Traffic {
  /** Operations, the most frequent first. */
  readonly operations: readonly { readonly name: string; readonly count: number; readonly seconds: number }[];
  readonly executed: number;
  readonly reads: Copies;
  readonly uploads: Copies;
}

export interface TrafficMeter {
  /** The traffic since the last call. */
  take(): Traffic;
}

/** Starts counting on the tensorflow engine, which must be in use. Wraps its binding, so that every call is counted. */
export function watchTraffic(): TrafficMeter {
  const backend = tf.backend() as NodeBackend;
  const { binding } = backend;
  let operations = new Map<string, { count: number; seconds: number }>();
  let reads = { count: 0, bytes: 0 };
  let uploads = { count: 0, bytes: 0 };
  /** Reusing a constant that libtensorflow has already is not an upload: it keeps its old id. */
  let newestId = -1;

  backend.binding = overlaid(binding, {
    executeOp(name, ...rest) {
      const start = performance.now();
      const results = binding.executeOp(name, ...rest);
      const entry = operations.get(name) ?? { count: 0, seconds: 0 };
      entry.count += 1;
      entry.seconds += (performance.now() - start) / 1000;
      operations.set(name, entry);
      for (const { id } of results) newestId = Math.max(newestId, id);
      return results;
    },
    createTensor(shape, dtype, values) {
      const id = binding.createTensor(shape, dtype, values);
      if (id > newestId) {
        newestId = id;
        uploads = added(uploads, byteLength(values));
      }
      return id;
    },
    tensorDataSync(id) {
      const values = binding.tensorDataSync(id);
      reads = added(reads, byteLength(values));
      return values;
    },
  });

  return {
    take() {
      const sorted = [...operations].map(([name, entry]) => ({ name, ...entry }));
      sorted.sort((a, b) => b.count - a.count);
      const executed = sorted.reduce((sum, { count }) => sum + count, 0);
      const taken = { operations: sorted, executed, reads, uploads };
      operations = new Map();
      reads = { count: 0, bytes: 0 };
      uploads = { count: 0, bytes: 0 };
      return taken;
    },
  };
}

function added({ count, bytes }: Copies, more: number): Copies {
  return { count: count + 1, bytes: bytes + more };
}

function byteLength(values: tf.BackendValues): number {
  return Array.isArray(values)
    ? values.reduce((sum, { byteLength }) => sum + byteLength, 0)
    : values.byteLength;
}
