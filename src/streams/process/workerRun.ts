/** One process of a run as a stream. */
import { type ChildProcess, fork } from 'node:child_process';
import { type Observable as Commands, Observable } from 'rxjs';
import { processOf } from '../../base/ownFile.js';
import type { TrainEvent } from '../run/events.js';
import { fromPlainError } from '../run/plainError.js';
import type { RunCommand } from '../run/runCommand.js';
import type { FromWorker, ToWorker } from './messages.js';

/** The process ended without having been asked to. */
export interface Death {
  readonly signal: NodeJS.Signals | null;
  readonly exitCode: number | null;
  /** The end of its output. */
  readonly output: string;
  /** Why it ended itself, if its engine had failed. */
  readonly failure?: Error;
}

/** Thrown in the stream with a `Death`. */
export class WorkerDiedError extends Error {
  readonly death: Death;

  constructor(death: Death) {
    super(`internal: the process of a run ended (${death.signal ?? death.exitCode})`);
    this.death = death;
  }
}

/** Milliseconds that a process has to end, once only its running step is left to finish. */
const patience = 30_000;
const outputKept = 4000;

/**
 * Starts the process, sends it the commands, and emits its events. Unsubscribing makes it stop before the next step without a
 * checkpoint. An abort does the same, and the stream completes when the process has ended.
 *
 * @throws WorkerDiedError in the stream, or the error that ended the run
 */
export function workerRun(
  start: Extract<ToWorker, { type: 'start' }>,
  commands$: Commands<RunCommand>,
  signal?: AbortSignal,
): Observable<TrainEvent> {
  return new Observable((subscriber) => {
    const child = forkWorker();
    const tell = (message: ToWorker) => {
      if (child.connected) child.send(message, () => undefined); // if the process is gone, its exit event reports that
    };
    let output = '';
    let last: Exclude<FromWorker, { type: 'event' }> | null = null;
    let killing: NodeJS.Timeout | undefined;
    const killLater = () => {
      killing ??= setTimeout(() => child.kill('SIGKILL'), patience);
    };
    const abort = () => {
      tell({ type: 'abort' });
      killLater();
    };

    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputKept);
    });
    child.on('message', (message: FromWorker) => {
      if (message.type === 'event') return subscriber.next(message.event);
      last = message;
      killLater();
    });
    child.on('error', (error) => subscriber.error(error));
    void Promise.all([closed(child), disconnected(child)]).then(([{ signal: by, exitCode }]) => {
      clearTimeout(killing);
      signal?.removeEventListener('abort', abort);
      if (last?.type === 'error') subscriber.error(fromPlainError(last.error));
      else if (last || signal?.aborted) subscriber.complete();
      else subscriber.error(new WorkerDiedError({ signal: by, exitCode, output }));
    });
    subscriber.add(() => {
      if (!last && child.exitCode === null && child.signalCode === null) abort();
    });

    tell(start);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    const command = (command: RunCommand) => tell({ type: 'command', command });
    subscriber.add(commands$.subscribe({ next: command, error: (error) => subscriber.error(error) }));
  });
}

function forkWorker(): ChildProcess {
  const { path, execArgv } = processOf(import.meta.url, 'worker');
  return fork(path, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv });
}

function closed(child: ChildProcess): Promise<{ signal: NodeJS.Signals | null; exitCode: number | null }> {
  return new Promise((resolve) => child.on('close', (exitCode, signal) => resolve({ exitCode, signal })));
}

/** Resolves when all its messages have been received. */
function disconnected(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.on('disconnect', resolve));
}
