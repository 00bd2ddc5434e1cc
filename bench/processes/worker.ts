/** A process that stays alive and answers requests, one at a time. protocol.py describes the lines. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Worker extends AsyncDisposable {
  /**
   * Sends a request and waits for its answer.
   * @throws Error when the answer is an error, the process ends, or `seconds` have passed; then the process is killed
   */
  ask<T>(what: string, options?: object, seconds?: number): Promise<T>;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

/** Starts a program. What it writes to standard error is shown only if it ends before it has answered. */
export function startWorker(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Worker {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000);
  });
  child.stdin.on('error', () => {}); // the process has ended, which `ask` reports
  const ended = once(child, 'close').then(
    () => {},
    (error: Error) => {
      complaints = error.message;
    },
  );
  return {
    async ask<T>(what: string, options: object = {}, seconds = 3600) {
      child.stdin.write(`${JSON.stringify({ do: what, ...options })}\n`);
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
      }, 1000 * seconds);
      const line = await Promise.race([lines.next(), ended.then(() => ({ done: true, value: '' }))]);
      clearTimeout(timer);
      if (late) throw new Error(`gave up after ${seconds} s`);
      if (line.done) {
        await ended;
        throw new Error(`${program} ended: ${complaints.trim() || 'it reported nothing'}`);
      }
      const { result, error } = JSON.parse(line.value) as Answer;
      if (error !== undefined) throw new Error(error);
      return result as T;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Sends `prepare`; a worker that fails is ended. */
export async function prepared(worker: Worker, options: object): Promise<Worker> {
  try {
    await worker.ask('prepare', options);
    return worker;
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
}
