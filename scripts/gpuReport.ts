/**
 * Measures the GPU engines of this machine and writes what it finds as JSON and as Markdown, to send in:
 *
 *     npm run gpu-report
 *     npm run gpu-report -- --engine webgpu --reference <folder of recorded cases> --out <folder> --quick
 *
 * Each part runs in a process of its own. The exit code is 1 if a part failed, and 2 if there is nothing to measure.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { BenchResult } from '../bench/measure.js';
import { machine, machineWords } from '../src/cli/doctor/machine.js';
import { type EngineReport, listEngines } from '../src/engine/index.js';
import {
  type EngineFigures,
  type GpuReport,
  type KernelsResult,
  type LeakResult,
  type Outcome,
  type ParityLine,
  pageOf,
} from './gpuReport/report.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const smallCase = join(root, '__tests__/fixtures/reference/distributions');
const gpuEngines = ['webgpu', 'tensorflow'];

const options = new Command('gpu-report')
  .option('--engine <name>', `only this engine: ${gpuEngines.join(' or ')}`)
  .option('--reference <folder>', 'recorded cases (default: ../shared/reference, or those in the repository)')
  .option('--out <folder>', 'where to write', 'gpu-report')
  .option('--quick', 'small sizes: a trial of the report, not of the card')
  .allowExcessArguments(false)
  .parse()
  .opts<{ engine?: string; reference?: string; out: string; quick?: boolean }>();

/** Configuration, batch and overrides of a measured step. */
type Work = readonly [config: string, batch: string, ...overrides: string[]];

const demo: Work = ['demo', '32'];
const tiny: Work = ['demo', '2', 'channel_towers=4', 'input_dimension=16', 'number_of_scales=1'];
const works: readonly Work[] = options.quick ? [tiny] : [demo, ['logistic_mixture10latent', '8']];
const first = works[0]!;
const steps = options.quick ? 1 : 10;
const leakSteps = options.quick ? 3 : 200;
const patienceMinutes = 20;

/** Runs a script; each line that it prints on standard output is JSON. */
function linesOf<T>(what: string, script: string, args: readonly string[]): Promise<Outcome<readonly T[]>> {
  console.error(`${what} ...`);
  const start = performance.now();
  const command = ['--import', 'tsx', join(root, script), ...args];
  const limits = { cwd: root, timeout: patienceMinutes * 60_000, maxBuffer: 2 ** 26 };
  return new Promise((resolve) => {
    execFile(process.execPath, command, limits, (error, stdout, stderr) => {
      const seconds = (performance.now() - start) / 1000;
      try {
        // A comparison that does not pass has an exit code too; its numbers count.
        const lines = stdout.trim().split('\n');
        resolve({ ok: true, seconds, result: lines.map((line) => JSON.parse(line) as T) });
      } catch {
        const late = error?.killed && `no answer within ${patienceMinutes} minutes`;
        resolve({ ok: false, seconds, problem: late || problemIn(stderr) });
      }
    });
  });
}

function problemIn(printed: string): string {
  const lines = printed.trim().split('\n');
  return lines.findLast((line) => /error/i.test(line)) || lines.at(-1) || 'it printed nothing';
}

async function part<T>(what: string, script: string, args: readonly string[]): Promise<Outcome<T>> {
  const outcome = await linesOf<T>(what, script, args);
  return outcome.ok ? { ...outcome, result: outcome.result[0]! } : outcome;
}

async function measure(
  { name: engine, description }: EngineReport,
  reference: string | null,
): Promise<EngineFigures> {
  const isSoftware = /\(software\)$/.test(description);
  const doctor = await part<object>(`${engine}: doctor`, 'src/cli/main.ts', [
    'doctor',
    '--json',
    '--engine',
    engine,
  ]);
  const folders = reference === null ? [] : [reference];
  const parity = await linesOf<ParityLine>(`${engine}: parity`, 'scripts/parity.ts', [
    ...folders,
    '--engine',
    engine,
  ]);
  const benches: Outcome<BenchResult>[] = [];
  for (const [config, batch, ...overrides] of works) {
    const set = overrides.flatMap((each) => ['--set', each]);
    const args = [
      '--json',
      '--engine',
      engine,
      '--config',
      config,
      '--batch',
      batch,
      '--steps',
      String(steps),
      ...set,
    ];
    benches.push(await part(`${engine}: steps of ${config}`, 'bench/bench.ts', args));
  }
  const kernels =
    engine === 'webgpu'
      ? await part<KernelsResult>(`${engine}: kernels`, 'scripts/gpuReport/kernels.ts', first)
      : null;
  const leakArgs = [engine, String(leakSteps), ...first];
  const leak = await part<LeakResult>(`${engine}: leak test`, 'scripts/gpuReport/leak.ts', leakArgs);
  return { engine, description, isSoftware, doctor, parity, kernels, steps: benches, leak };
}

/** The usable GPU engines. TensorFlow without a GPU is none; a software device of WebGPU counts, and is marked. */
async function present(): Promise<readonly EngineReport[]> {
  const { engine } = options;
  if (engine !== undefined && !gpuEngines.includes(engine))
    throw new RangeError(`--engine: expected ${gpuEngines.join(' or ')}, got "${engine}"`);
  const wanted = (await listEngines()).filter(({ name }) =>
    engine === undefined ? gpuEngines.includes(name) : name === engine,
  );
  const found = wanted.filter(({ name, usable, reason }) => usable && (name === 'webgpu' || reason === ''));
  if (found.length > 0) return found;
  throw new Error(
    `no GPU engine works here: ${wanted.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`,
  );
}

interface Cases {
  /** Null for the two in the repository. */
  readonly folder: string | null;
  readonly words: string;
}

function recordedCases(): Cases {
  const { reference, quick } = options;
  if (reference !== undefined && !existsSync(reference))
    throw new RangeError(`--reference: there is no folder ${reference}`);
  const beside = join(root, '../shared/reference');
  const folder = reference ?? (!quick && existsSync(beside) ? beside : null);
  if (folder !== null) return { folder, words: 'Parity: all recorded cases of a folder.' };
  if (quick) return { folder: smallCase, words: 'Parity: one small case; all others were skipped.' };
  const words =
    'Parity: the two recorded cases of the repository; the others are not in it and were skipped.';
  return { folder, words };
}

function write(report: GpuReport): string {
  const adapter = report.engines[0]!.description.toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);
  const file = join(options.out, `${report.date.slice(0, 10)}-${adapter.replace(/^-|-$/g, '')}`);
  mkdirSync(options.out, { recursive: true });
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${file}.md`, pageOf(report));
  return file;
}

try {
  const { folder, words: cases } = recordedCases();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const engines: EngineFigures[] = [];
  for (const engine of await present()) engines.push(await measure(engine, folder));
  const about = {
    version,
    date: new Date().toISOString(),
    machine: machineWords(machine()),
    isQuick: options.quick === true,
  };
  const file = write({ ...about, cases, engines });
  console.log(`wrote ${file}.json and ${file}.md`);
  const outcomes = engines.flatMap(({ doctor, parity, kernels, steps: all, leak }) => [
    doctor,
    parity,
    ...(kernels ? [kernels] : []),
    ...all,
    leak,
  ]);
  const passed = engines.every(({ parity }) => parity.ok && parity.result.every((each) => each.passed));
  if (!passed || outcomes.some(({ ok }) => !ok)) process.exitCode = 1;
} catch (error) {
  console.error(`gpu-report: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
