/** A child process that runs tasks; if it crashes or hangs, a new one runs the next task. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Task } from './worker.js';

export type Result =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'crash'; readonly why: string }
  | { readonly kind: 'hang' };

export interface Child {
  /** Runs one task at a time. */
  run(task: Task, limitMs: number): Promise<Result>;
  close(): void;
}

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

export function child(): Child {
  let running: ChildProcess | undefined;
  let errors = '';
  const start = async () => {
    const started = fork(worker, {
      execArgv: ['--import', 'tsx', '--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    errors = '';
    started.stderr?.on('data', (text) => {
      errors = `${errors}${text}`.slice(-2000);
    });
    await once(started, 'message');
    running = started;
    return started;
  };
  const stop = () => {
    running?.kill('SIGKILL');
    running = undefined;
  };
  return {
    async run(task, limitMs) {
      const process = running ?? (await start());
      const result = await ask(process, task, limitMs);
      if (result.kind !== 'answer') stop();
      return result.kind === 'crash' ? { kind: 'crash', why: `${result.why} ${errors}`.trim() } : result;
    },
    close: stop,
  };
}

function ask(process: ChildProcess, task: Task, limitMs: number): Promise<Result> {
  return new Promise((resolve) => {
    const done = (result: Result) => {
      clearTimeout(timer);
      process.off('message', answered).off('exit', left);
      resolve(result);
    };
    const answered = (answer: unknown) => done({ kind: 'answer', answer: answer as Answer });
    const left = (code: number | null, signal: string | null) =>
      done({ kind: 'crash', why: `ended with ${signal ?? code}:` });
    const timer = setTimeout(() => done({ kind: 'hang' }), limitMs);
    process.once('message', answered).once('exit', left);
    process.send(task);
  });
}
