/** Runs a function as several ranks of an MPI job, each in a process of its own: the only place that knows the options of mpirun. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ProcessGroup } from '../../../src/group/processGroup.js';
import { built } from '../build/built.js';

const addon = fileURLToPath(new URL('../../../native/build/mpi.node', import.meta.url));

/** Why there are no MPI jobs here; empty if there are. */
export const noMpi =
  spawnSync('mpirun', ['--version']).status !== 0
    ? 'there is no mpirun'
    : existsSync(addon)
      ? ''
      : 'the MPI addon was not built';

/** More ranks than processors, maybe as root in a container, each free to use any processor. */
const options = [
  '--oversubscribe',
  '--bind-to',
  'none',
  ...(process.getuid?.() === 0 ? ['--allow-run-as-root'] : []),
];

/** The beginning of a command that starts so many ranks of a program. */
export const mpirunCommand = (ranks: number) => ['mpirun', ...options, '-n', String(ranks)] as const;

/** What mpirun itself, and programs that it starts indirectly, read. */
export const mpirunEnvironment = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };

export interface MpiRankContext<D> {
  readonly group: ProcessGroup;
  /** Plain data from the test. */
  readonly data: D;
  /** Imports a compiled module of src. */
  load<M>(path: string): Promise<M>;
  /** Tells the test something before the end. */
  say(name: string, value: unknown): void;
}

export interface MpirunOptions<D> {
  readonly data?: D;
  readonly env?: Record<string, string>;
  /** Further arguments of mpirun. */
  readonly args?: readonly string[];
  /** A command that runs the one after it, such as on another host. */
  readonly through?: readonly string[];
}

interface Said {
  readonly name: string;
  readonly value: unknown;
  readonly rank: number;
}

export interface MpiEnd<R> {
  readonly status: number | null;
  readonly stderr: string;
  /** By rank. */
  readonly results: readonly (R | undefined)[];
  /** By rank. */
  readonly errors: readonly ({ readonly name: string; readonly message: string } | undefined)[];
}

export interface MpiJob<R> {
  readonly process: ChildProcess;
  /** Waits until the rank has said this; returns the value. */
  said(name: string, rank: number): Promise<unknown>;
  readonly ended: Promise<MpiEnd<R>>;
}

/** Starts a job of a function that uses nothing from outside itself, as `runRanks` does. Its result must be JSON. */
export function startMpirun<R, D = undefined>(
  size: number,
  run: (context: MpiRankContext<D>) => R | Promise<R>,
  { data, args = [], ...settings }: MpirunOptions<D> = {},
): MpiJob<R> {
  const program = fileURLToPath(new URL('./mpiRank.mjs', import.meta.url));
  const task = JSON.stringify({ source: run.toString(), data, built: built('') });
  return startJob([...args, '-n', String(size), process.execPath, program, task], settings);
}

/** Starts mpirun with these arguments and those that every job here needs. */
export function startJob<R>(
  args: readonly string[],
  { env, through = [] }: Pick<MpirunOptions<unknown>, 'env' | 'through'> = {},
): MpiJob<R> {
  const [command = 'mpirun', ...rest] = [...through, 'mpirun', ...options, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...mpirunEnvironment, ...env },
  });
  const all: Said[] = [];
  let [stdout, stderr, hasEnded] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (stdout + text).split('\n');
    stdout = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.startsWith('{'))) all.push(JSON.parse(line));
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const byRank = (name: string) => {
    const values: never[] = [];
    for (const { value, rank } of all.filter((each) => each.name === name)) values[rank] = value as never;
    return values;
  };
  const ended = new Promise<MpiEnd<R>>((resolve) => {
    child.on('close', (status) => {
      hasEnded = true;
      resolve({ status, stderr, results: byRank('result'), errors: byRank('error') });
    });
  });
  const said = async (name: string, rank: number): Promise<unknown> => {
    for (;;) {
      const found = all.find((each) => each.name === name && each.rank === rank);
      if (found) return found.value;
      if (hasEnded) throw new Error(`the job ended before rank ${rank} said ${name}:\n${stderr}`);
      await sleep(10);
    }
  };
  return { process: child, said, ended };
}

/** Returns what the function returned on each rank. */
export async function mpiResults<R, D = undefined>(
  size: number,
  run: (context: MpiRankContext<D>) => R | Promise<R>,
  settings: MpirunOptions<D> = {},
): Promise<R[]> {
  const { status, stderr, results } = await startMpirun(size, run, settings).ended;
  if (status !== 0) throw new Error(`mpirun ended with ${status}:\n${stderr}`);
  return results as R[];
}
