import { setMaxListeners } from 'node:events';

/**
 * The result of `work`, or the signal's reason as soon as it aborts: what does not listen to its signal is not waited for.
 * `work` is not started where the signal has aborted already.
 */
export async function orAborted<T>(signal: AbortSignal, work: () => T | PromiseLike<T>): Promise<T> {
  signal.throwIfAborted();
  setMaxListeners(0, signal); // all images of some batches wait for the same one
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
