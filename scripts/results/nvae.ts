/** Runs commands as a user types them. */
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/**
 * Runs `nvae` with these arguments; returns its standard output.
 * @throws Error when it fails or is interrupted
 */
export function nvae(...args: readonly string[]): string {
  const shown = args.map((arg) => (arg.startsWith('/') ? relative(process.cwd(), arg) : arg));
  console.error(`$ nvae ${shown.join(' ')}`);
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const { status, signal, stdout } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    stdio: [...stdio],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0)
    throw new Error(`nvae ${args[0]} ended with ${signal ?? `exit code ${status}`}; run this again to go on`);
  return stdout;
}

/** The last line of the output of a command with --json. */
export function lastJson<T>(stdout: string): T {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
