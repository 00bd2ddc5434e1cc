/**
 * Tries an engine in a separate process. If the library aborts, crashes or hangs while it loads, only that process ends, and
 * the engine counts as unusable here.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { messageOf } from '../../base/errors.js';
import { processOf } from '../../base/ownFile.js';
import type { Probe } from '../loader.js';
import type { ForeignLoader } from './foreignLoader.js';

/** The message from the process after it has tried the engine. */
export interface Tried {
  readonly probe: Probe;
}

export interface ChildOptions {
  /** Milliseconds after which a library that does not respond counts as hung; loading CUDA from a cold disk is slow. */
  readonly patience?: number;
}

const outputKept = 1 << 16;

/** Returns the engine with a probe that runs in another process, once in the lifetime of this process. */
export function inChild(loader: ForeignLoader, options: ChildOptions = {}): ForeignLoader {
  let tried: Promise<Probe> | undefined;
  return {
    ...loader,
    probe: async () => {
      const reason = loader.missing();
      if (reason) return { usable: false, reason };
      tried ??= tryInChild(loader, options);
      return tried;
    },
  };
}

function tryInChild(loader: ForeignLoader, { patience = 60_000 }: ChildOptions): Promise<Probe> {
  return new Promise((resolve) => {
    const child = forkChild(loader);
    let printed = '';
    let hung = false;
    const clock = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, patience);
    const unusable = (what: string) => {
      clearTimeout(clock);
      const last = lastLine(printed);
      resolve({ usable: false, reason: last ? `${what}: ${last}` : what, broken: true });
    };
    let answer: Probe | null = null;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-outputKept);
    });
    child.on('error', (error) => unusable(`it could not be tried in a child process: ${messageOf(error)}`));
    child.on('message', ({ probe }: Tried) => {
      answer = probe;
      clearTimeout(clock);
      child.kill('SIGKILL'); // how the library shuts down does not matter
    });
    child.on('close', (code, signal) => {
      if (answer) resolve(loader.heard?.(answer, printed) ?? answer);
      else if (hung) unusable(`it does not respond (waited ${patience / 1000} s)`);
      else if (signal) unusable(`it crashes while loading (${signal})`);
      else unusable(`it ends the process while loading (exit code ${code})`);
    });
  });
}

function forkChild({ name, environment }: ForeignLoader): ChildProcess {
  const { path, execArgv } = processOf(import.meta.url, 'child');
  return fork(path, [name], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv,
    env: { ...process.env, ...environment },
  });
}

/** Returns the last meaningful line of the output: not a stack frame, not the Node version. */
export function lastLine(printed: string): string {
  const lines = printed.split('----- Native stack trace')[0]!.split('\n');
  return lines.findLast((line) => line && !/^\s+at |^Node\.js v|^\s*[[\]{}]/.test(line))?.trim() ?? '';
}
