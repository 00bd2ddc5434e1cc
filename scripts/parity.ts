/**
 * Compares model, training and files with those of the PyTorch implementation:
 * `npm run parity -- [<folder>...] [--engine native] [--within 1] [--report <file>]`.
 * A folder is a case (see parity/caseKinds.ts) or a folder of cases; without one, the cases in this
 * repository are used. Prints one line of JSON per case, and writes it to the report. The exit code is 1 if a number is off by more
 * than its tolerance, or by more than the fraction of it given by `--within`, and 2 if a case cannot be read or the engine does not
 * work.
 */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { useEngine } from '../src/engine/index.js';
import { releaseGpu } from '../src/engine/webgpu/loader.js';
import { referenceCopy } from './parity/referenceCopy.js';
import { compareAll } from './parity/run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'native' },
    within: { type: 'string', default: '1' },
    report: { type: 'string' },
  },
});
const within = Number(values.within);
const copy = positionals.length > 0 ? null : referenceCopy();
const folders = copy === null ? positionals : [copy];

try {
  if (!(within > 0)) throw new RangeError(`--within: must be a number above 0 (got ${values.within})`);
  if (values.report) writeFileSync(values.report, '');
  const { name: engine, description } = await useEngine(values.engine);
  let start = performance.now();
  for await (const report of compareAll(folders)) {
    const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
    const line = JSON.stringify({ engine, description, seconds, ...report });
    console.log(line);
    if (values.report) appendFileSync(values.report, `${line}\n`);
    for (const tensor of report.failed) console.error(`${report.case}: ${tensor} is over its tolerance`);
    const isClose = report.largestToleranceUsed <= within;
    if (!isClose) console.error(`${report.case}: more than ${within} of a tolerance is used`);
    if (!report.passed || !isClose) process.exitCode = 1;
    start = performance.now();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
} finally {
  releaseGpu();
  if (copy !== null) rmSync(copy, { recursive: true });
}
