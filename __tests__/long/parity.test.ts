import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { EngineReport } from '../../scripts/parity/table.js';

test('npm run parity without a folder compares the two cases of the repository, on any engine, and reports it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nvae-parity-'));
  try {
    const file = join(folder, 'wasm.jsonl');
    writeFileSync(file, 'old\n');
    const args = ['--import', 'tsx', 'scripts/parity.ts', '--engine', 'wasm', '--report', file];
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8' });
    expect(readFileSync(file, 'utf8')).toBe(printed);
    const lines = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EngineReport);
    expect(lines.map((line) => line.case)).toEqual(['distributions', 'flows_free']);
    for (const line of lines) expect(line).toMatchObject({ engine: 'wasm', passed: true, failed: [] });
    expect(lines.map(({ compared }) => compared > 10)).not.toContain(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);
