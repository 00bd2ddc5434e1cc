/**
 * Writes the table of docs/engines.md from reports of `npm run parity -- --report <file>`:
 * `npm run parity:table -- [--check] <file>...`, one file per engine, in the order of the columns. With --check it writes nothing
 * and fails if the table is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type EngineReport, parityTable, withTable } from './parity/table.js';

const page = 'docs/engines.md';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' } },
});

try {
  const lines = positionals.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
  const table = parityTable(lines.map((line) => JSON.parse(line) as EngineReport));
  const before = readFileSync(page, 'utf8');
  const after = withTable(before, table);
  if (!values.check) writeFileSync(page, after);
  else if (after !== before) throw new Error(`${page} differs from this run; its table should be:\n${table}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
