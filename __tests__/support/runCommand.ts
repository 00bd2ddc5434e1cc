/** Runs a command in this process, with its real arguments, which saves the two seconds of starting `nvae`. */
import { Readable } from 'node:stream';
import { jest } from '@jest/globals';
import type { Command } from 'commander';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code that it set; undefined for none. */
  readonly exitCode: typeof process.exitCode;
}

/** Fails with the error of the command; its output so far is lost. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  stdin: Readable = Readable.from([]),
): Promise<CommandResult> {
  const [stdout, stderr] = [process.stdout, process.stderr].map((stream) => {
    let text = '';
    const write = jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    return { text: () => text, restore: () => write.mockRestore() };
  });
  const before = process.exitCode;
  const input = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  process.exitCode = undefined;
  try {
    await command.exitOverride().parseAsync(args, { from: 'user' });
    return { stdout: stdout?.text() ?? '', stderr: stderr?.text() ?? '', exitCode: process.exitCode };
  } finally {
    process.exitCode = before;
    Object.defineProperty(process, 'stdin', input);
    stdout?.restore();
    stderr?.restore();
  }
}
