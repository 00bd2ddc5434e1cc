/**
 * Feeds damaged images, configurations, checkpoints and PyTorch files to the library. Each must give a result or one clear message, without a
 * crash, a hang or excessive memory use.
 *
 *     npm run fuzz -- --cases 1000 --seed 1 --keep failing
 *
 * Prints a table, or with --json one line per case; --only runs the cases whose kind and name contain a text. The exit code is 1 if
 * a case failed; its inputs are then in the folder given by --keep.
 */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/base/errors.js';
import { useEngine } from '../src/engine/index.js';
import { child } from './fuzz/child.js';
import { corpus } from './fuzz/corpus.js';
import type { FuzzCase } from './fuzz/fuzzCase.js';
import { writeCase } from './fuzz/fuzzCase.js';
import type { CaseReport } from './fuzz/report.js';
import { countByKind, reportOf, table } from './fuzz/report.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const limitMs = 10_000;
const limitMegabytes = 300;

async function runCase(fuzzCase: FuzzCase, run: ReturnType<typeof child>['run']): Promise<CaseReport> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-fuzz-'));
  try {
    const path = await writeCase(fuzzCase, folder);
    const { kind, recipe } = fuzzCase;
    const result = await run({ kind, path, expected: recipe.expected ?? 'refused' }, limitMs);
    const report = reportOf(fuzzCase, result, limitMegabytes);
    if (report.faults.length > 0 && values.keep) await keep(folder, values.keep, report);
    return report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keep(folder: string, target: string, { kind, number }: CaseReport): Promise<void> {
  await mkdir(target, { recursive: true });
  // Pipes and devices cannot be copied; their recipe creates them again.
  await cp(folder, join(target, `${kind}-${number}`), { recursive: true, verbatimSymlinks: true }).catch(
    () => undefined,
  );
}

function positive(name: 'cases' | 'seed'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name}: expected a positive integer, got "${values[name]}"`);
}

async function main(): Promise<void> {
  const chosen = corpus(positive('cases'), positive('seed')).filter(({ kind, recipe }) =>
    `${kind}: ${recipe.name}`.includes(values.only ?? ''),
  );
  await useEngine('cpu');
  const { run, close } = child();
  const reports: CaseReport[] = [];
  const begin = performance.now();
  for (const fuzzCase of chosen) {
    const report = await runCase(fuzzCase, run);
    reports.push(report);
    if (values.json) console.log(JSON.stringify(report));
    for (const fault of report.faults)
      console.error(`${report.kind} ${report.number}, ${report.name}: ${fault}`);
  }
  close();
  if (!values.json) console.log(table(countByKind(reports)));
  console.error(`${chosen.length} cases in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  if (reports.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 2;
}
