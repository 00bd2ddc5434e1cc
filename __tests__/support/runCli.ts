/** Runs the `nvae` command as a user would from a shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { built } from './build/built.js';

/** The command, for a shell or for `spawn`. */
export const nvaeCommand: readonly string[] = [process.execPath, built('cli/main.js')];

export interface CliResult {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** Resolves when the text appears on standard error; fails if the command ends before. */
  shows(text: string): Promise<void>;
  readonly ended: Promise<CliResult>;
}

export interface CliOptions {
  readonly cwd?: string;
  /** A command to run instead of `nvae`. */
  readonly command?: readonly string[];
  /** Whether to use a separate process group. */
  readonly detached?: boolean;
  /** Text for standard input. @default it stays open */
  readonly stdin?: string;
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}

/** Starts the command without waiting for it. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const { command = nvaeCommand, stdin, ...rest } = options;
  const [program = '', ...before] = command;
  const env = { ...process.env, NO_COLOR: '1', CI: 'true' };
  const child = spawn(program, [...before, ...args], { ...rest, env });
  if (stdin !== undefined) child.stdin.end(stdin);
  let [stdout, stderr] = ['', ''];
  let lookers: (() => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    for (const look of lookers) look();
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const shows = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stderr.includes(text)) resolve();
      };
      lookers = [...lookers, look];
      look();
      ended.then(() => reject(new Error(`ended without showing ${text}: ${stderr}`)), reject);
    });
  return { child, shows, ended };
}
