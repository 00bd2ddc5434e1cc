/**
 * Compares model and training with numbers of the PyTorch implementation:
 * `npm run parity -- [<folder>...] [--engine native] [--report <file>]`.
 * A folder is a case (config.yaml, reference.json, reference.safetensors) or a folder of cases; without one it takes the recorded
 * numbers beside the repository, or the small copy in it. Prints one line of JSON per case, to the file as well; the exit code is 1
 * where a number is over its tolerance, 2 where a case cannot be read or the engine does not work.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { useEngine } from '../src/engine/index.js';
import { releaseGpu } from '../src/engine/webgpu/dawn.js';
import { referenceFolder } from './parity/referenceFolder.js';
import { compareAll } from './parity/run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', default: 'native' }, report: { type: 'string' } },
});
const folders = positionals.length > 0 ? positionals : [referenceFolder()];

try {
  if (values.report) writeFileSync(values.report, '');
  const { name: engine, description } = await useEngine(values.engine);
  let start = performance.now();
  for await (const report of compareAll(folders)) {
    const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
    const line = JSON.stringify({ engine, description, seconds, ...report });
    console.log(line);
    if (values.report) appendFileSync(values.report, `${line}\n`);
    for (const tensor of report.failed) console.error(`${report.case}: ${tensor} is over its tolerance`);
    if (!report.passed) process.exitCode = 1;
    start = performance.now();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
} finally {
  releaseGpu();
}
