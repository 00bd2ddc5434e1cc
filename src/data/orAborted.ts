import { setMaxListeners } from 'node:events';

/**
 * Returns the result of `work`, or throws the signal's reason as soon as it aborts: work that ignores its signal is not waited for.
 * If the signal has aborted already, `work` is not started.
 */
export async function orAborted<T>(signal: AbortSignal, work: () => T | PromiseLike<T>): Promise<T> {
  signal.throwIfAborted();
  setMaxListeners(0, signal); // all images of several batches wait for the same signal
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
