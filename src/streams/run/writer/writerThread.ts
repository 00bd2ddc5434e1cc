/** A `RunWriter` in a separate thread. */
import { Worker } from 'node:worker_threads';
import { type Observable, ReplaySubject } from 'rxjs';
import { messageOf } from '../../../base/errors.js';
import { threadOf } from '../../../base/ownFile.js';
import { within } from '../../../base/within.js';
import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import { fromPlainError } from '../plainError.js';
import type { FromThread, Request, ToThread } from './messages.js';
import type { RunWriter, RunWriterOptions } from './runWriter.js';

/** Milliseconds for the thread to close its files, and again to end: a disk that hangs must not block the run. */
const endPatience = 2000;

export interface WriterThread extends RunWriter {
  /** Never emits; fails when another process takes the run over, or the thread ends. */
  readonly lost$: Observable<never>;
  /** Ends the thread, and so its signs of life. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Starts the thread. A checkpoint's arrays are transferred to it and are empty here afterwards. To retry after a failure, save the
 * same checkpoint object: the thread has kept its content.
 */
export function startWriterThread(options: RunWriterOptions): WriterThread {
  const [file, how] = threadOf(import.meta.url, 'thread');
  const worker = new Worker(file, { ...how, workerData: options });
  const lost = new ReplaySubject<never>(1);
  const waiting = new Map<number, Waiting>();
  const states = new WeakMap<Checkpoint, number>();
  let [requests, sent] = [0, 0];
  let ended: Error | null = null;
  let [loaded, closing] = [false, false];
  const endedWith = (reason: string) => {
    ended ??= new Error(`internal: the writer thread has ended (${reason})`);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    if (!closing) lost.error(ended);
  };
  worker.on('error', (error) => endedWith(messageOf(error)));
  worker.on('exit', (code) => endedWith(`exit code ${code}`));
  worker.on('message', (message: FromThread) => {
    loaded = true;
    if (message.type === 'lost') return lost.error(fromPlainError(message.error));
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.error) reject?.(fromPlainError(message.error));
    else resolve?.();
  });
  const ask = (request: Request, moved: readonly ArrayBuffer[] = []) =>
    new Promise<void>((resolve, reject) => {
      if (ended) return reject(ended);
      requests += 1;
      worker.postMessage({ ...request, id: requests } satisfies ToThread, moved);
      waiting.set(requests, { resolve, reject });
    });
  return {
    lost$: lost,
    append(log, given) {
      const bytes = new Uint8Array(given); // transferring a small Buffer would transfer its whole pool
      return ask({ type: 'append', log, bytes }, [bytes.buffer]);
    },
    save(path, checkpoint) {
      const known = states.get(checkpoint);
      if (known !== undefined) return ask({ type: 'save', path, state: known });
      sent += 1;
      states.set(checkpoint, sent);
      return ask({ type: 'save', path, state: sent, checkpoint }, buffersOf(checkpoint));
    },
    ready: () => ask({ type: 'ready' }),
    flush: () => ask({ type: 'flush' }),
    async close() {
      closing = true;
      // Files that are open when a thread is terminated stay open until the process ends.
      if (loaded)
        await within(
          ask({ type: 'close' }).catch(() => undefined),
          endPatience,
        );
      if (!(await within(worker.terminate(), endPatience))) worker.unref();
    },
  };
}

/** Buffers that belong to a single tensor; a shared buffer is copied instead of transferred. */
function buffersOf({ tensors }: Checkpoint): ArrayBuffer[] {
  const buffers = [...tensors.values()].flatMap(({ data }) =>
    data.byteLength === data.buffer.byteLength && !(data.buffer instanceof SharedArrayBuffer)
      ? [data.buffer as ArrayBuffer]
      : [],
  );
  return [...new Set(buffers)];
}
