import type { ProcessGroup } from '../src/group/processGroup.js';

export interface GroupFigures {
  /** Seconds in blocking calls, and their number. */
  readonly blocking: number;
  readonly calls: number;
  /** Seconds in which nothing was left to do but to wait for gradients. */
  readonly waiting: number;
}

/**
 * Measures the calls of a step.
 * @param overlap false: gradients set off when the backward pass has ended
 */
export function watchGroup(group: ProcessGroup, overlap: boolean) {
  let figures = { blocking: 0, calls: 0, waiting: 0 };
  let waitedUntil = 0;
  const send = async (values: Float32Array | Float64Array): Promise<void> => {
    let passEnded = 0;
    queueMicrotask(() => {
      passEnded = performance.now();
    });
    if (!overlap && values instanceof Float32Array) await Promise.resolve();
    await group.allReduce(values);
    const now = performance.now();
    figures.waiting += Math.max(0, now - Math.max(passEnded, waitedUntil)) / 1000;
    waitedUntil = now;
  };
  const watched: ProcessGroup = {
    rank: group.rank,
    size: group.size,
    allReduce: send,
    allReduceNow: (values) => {
      const start = performance.now();
      group.allReduceNow(values);
      figures.blocking += (performance.now() - start) / 1000;
      figures.calls += 1;
    },
    broadcast: (bytes, root) => group.broadcast(bytes, root),
    barrier: () => group.barrier(),
    abort: (reason) => group.abort(reason),
    close: () => group.close(),
  };
  return {
    group: watched,
    figures: (): GroupFigures => figures,
    reset: () => {
      figures = { blocking: 0, calls: 0, waiting: 0 };
    },
  };
}
