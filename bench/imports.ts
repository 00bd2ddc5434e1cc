/**
 * Measures how long it takes to import each entry point of the built package, in a new process each time: `npm run bench:imports`.
 * Reports the elapsed time, which other programs can increase, and the processor time.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { positiveInteger } from '../examples/support/positiveInteger.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = `
  const [begin, before] = [performance.now(), process.cpuUsage()];
  await import(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(JSON.stringify([performance.now() - begin, (user + system) / 1000]));
`;

function measure(name: string): [milliseconds: number, processor: number] {
  const args = ['--input-type=module', '--eval', program, name];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
}

const median = (sorted: readonly number[]) => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;

const repeats = process.argv[2] === undefined ? 10 : positiveInteger('repeats', process.argv[2]);
console.log(`milliseconds of ${repeats} imports, in processes of their own (${process.version})`);
console.log('import           least  median  processor, least');
for (const name of ['rxjs', 'rx-nvae/run', 'rx-nvae/model', 'rx-nvae/ui', 'rx-nvae']) {
  const runs = Array.from({ length: repeats }, () => measure(name));
  const times = runs.map(([time]) => time).sort((a, b) => a - b);
  const processor = Math.min(...runs.map(([, cpu]) => cpu));
  const cells = [times[0] ?? Number.NaN, median(times)].map((value) => value.toFixed(0).padStart(7));
  console.log(`${name.padEnd(15)}${cells.join(' ')}  ${processor.toFixed(0).padStart(7)}`);
}
