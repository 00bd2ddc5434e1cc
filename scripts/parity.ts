/**
 * Compares model and training with numbers of the PyTorch implementation: `npm run parity -- <folder>... [--engine native]`.
 * A folder is a case (config.yaml, reference.json, reference.safetensors) or a folder of cases. Prints one line of JSON per
 * case; the exit code is 1 where a number is over its tolerance, 2 where a case cannot be read.
 */
import { parseArgs } from 'node:util';
import { useEngine } from '../src/engine/index.js';
import { compareAll } from './parity/run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', default: 'native' } },
});

try {
  if (positionals.length === 0)
    throw new RangeError('parity: expected folders with reference data, got none');
  await useEngine(values.engine);
  for await (const report of compareAll(positionals)) {
    console.log(JSON.stringify(report));
    for (const tensor of report.failed) console.error(`${report.case}: ${tensor} is over its tolerance`);
    if (!report.passed) process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
