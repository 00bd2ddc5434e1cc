import { execPath } from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { run } from '../../scripts/testNode/checks.js';
import { tableOf } from '../../scripts/testNode/table.js';

describe('npm run test:node', () => {
  test('should stop a check at the first command that fails, and keep what was printed', () => {
    const { ok, output } = run(
      execPath,
      () => [
        ['-p', '"first"'],
        ['-e', 'throw new Error("second")'],
        ['-p', '"third"'],
      ],
      { seconds: '1' },
    );
    expect(ok).toBe(false);
    expect(output).toMatch(/first(.|\n)*second/);
    expect(output).not.toContain('third');
  });

  test('should give commands an empty folder', () => {
    const count = 'process.exitCode = fs.readdirSync(process.argv[1]).length';
    expect(run(execPath, (_, folder) => [['-e', count, folder]], { seconds: '1' }).ok).toBe(true);
  });

  test('should show a line for each version', () => {
    const table = tableOf([
      { version: '20.10.0', name: 'load', ok: true, seconds: 1.2 },
      { version: '20.10.0', name: 'tests', ok: false, seconds: 61 },
      { version: '26.1.0', name: 'load', ok: true, seconds: 3 },
    ]);
    expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['Node', 'load', 'tests'],
      ['20.10.0', 'passed (1 s)', 'FAILED (61 s)'],
      ['26.1.0', 'passed (3 s)'],
    ]);
  });
});
