import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type EngineReport, parityTable, withTable } from '../../scripts/parity/table.js';

function report(engine: string, name: string, changes: Partial<EngineReport> = {}): EngineReport {
  const passed = { passed: true, compared: 12, largestToleranceUsed: 0.1, failed: [], quantities: {} };
  return { engine, case: name, ...passed, ...changes };
}

const whole = [
  report('native', 'b'),
  report('native', 'a', { compared: 345 }),
  report('wasm', 'a'),
  report('wasm', 'b'),
];

describe('parityTable', () => {
  test('a row per case in order, a column per engine as given', () => {
    expect(parityTable(whole)).toBe(
      [
        '| case | `native` | `wasm` |',
        '| ---- | -------- | ------ |',
        '| `a`  | 345      | 12     |',
        '| `b`  | 12       | 12     |',
      ].join('\n'),
    );
  });

  test('what did not pass, was not run or is missing makes no table', () => {
    expect(() => parityTable([...whole, report('wasm', 'b', { passed: false })])).toThrow(
      'parity table: b did not pass on wasm',
    );
    expect(() => parityTable(whole.slice(0, 3))).toThrow('parity table: wasm has no report of b');
    expect(() => parityTable([])).toThrow('there are no reports');
  });

  test('the table takes the place of the one between the marks', () => {
    const page = 'x\n<!-- made by npm run parity:table -->\n\nold\n\n<!-- end of the table -->\ny\n';
    const after = withTable(page, 'new');
    expect(after).toBe(page.replace('old', 'new'));
    expect(withTable(after, 'new')).toBe(after);
    expect(() => withTable('x', 'new')).toThrow('the page needs the lines');
  });
});

test('docs/engines.md has a table of five engines', () => {
  const page = readFileSync('docs/engines.md', 'utf8');
  const table = page.split('<!-- made by npm run parity:table -->')[1]?.split('<!-- end of the table -->')[0];
  expect(table).toMatch(/^\| case +\| `native` +\| `wasm` +\| `webgpu` +\| `tensorflow` +\| `cpu` +\|$/m);
  expect(table?.match(/^\| `\w+` +(\| \d+ +){5}\|$/gm)?.length).toBeGreaterThanOrEqual(6);
});
