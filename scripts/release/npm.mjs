import { execFileSync } from 'node:child_process';

/**
 * Runs npm, and returns what it prints.
 * @throws Error with its output when it fails
 */
export function npm(args, options) {
  return execFileSync('npm', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    shell: process.platform === 'win32',
    ...options,
  });
}
