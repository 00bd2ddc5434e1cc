/**
 * Compares the same run on several engines, each in a separate process: losses step by step on the same images with the same noise,
 * beside the run on the first engine with another seed; the number of tensors; and the memory of the process.
 *
 *     npm run bench:engines -- --config demo --steps 200 --engines native,tensorflow
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { useEngine } from '../src/engine/index.js';
import * as tf from '../src/engine/tf.js';
import { coarse } from './coarse.js';
import { emojiRun } from './emojiRun.js';

interface Options {
  readonly config: string;
  readonly steps: number;
  readonly every: number;
  readonly engines: string;
  readonly alone?: string;
  readonly seed: number;
  readonly json?: boolean;
}

interface Run {
  readonly engine: string;
  readonly losses: number[];
  /** Number of tensors after each step. */
  readonly tensors: number[];
  /** Resident MiB after each step. */
  readonly resident: number[];
  readonly peakResident: number;
  readonly seconds: number;
}

const mebibyte = 2 ** 20;
const options = new Command('bench:engines')
  .option('--config <name>', 'configuration: a name or a path', 'demo')
  .option('--steps <number>', 'steps of each run', Number, 200)
  .option('--every <number>', 'steps that a printed line is the mean of', Number, 20)
  .option('--engines <names>', 'engines, the first is what others are compared with', 'native,tensorflow')
  .option('--alone <name>', 'only the run on this engine, as JSON')
  .option('--seed <number>', 'of the runs that are compared', Number, 0)
  .option('--json', 'all steps as JSON')
  .parse()
  .opts<Options>();

async function runHere(engine: string, seed: number): Promise<Run> {
  await useEngine(engine);
  const start = performance.now();
  const { config, steps: count } = options;
  const steps = await emojiRun({ config, steps: count, seed, keepImages: false }, ({ loss, step }) => {
    if (step % 50 === 0) process.stderr.write(`${engine}, seed ${seed}: step ${step}\n`);
    return { loss, tensors: tf.memory().numTensors, resident: process.memoryUsage().rss / mebibyte };
  });
  return {
    engine,
    losses: steps.map(({ loss }) => loss),
    tensors: steps.map(({ tensors }) => tensors),
    resident: steps.map(({ resident }) => resident),
    peakResident: process.resourceUsage().maxRSS / 1024,
    seconds: (performance.now() - start) / 1000,
  };
}

/** Runs in a separate process, to measure its memory alone, and because not all engines can be loaded into one process. */
function runAlone(engine: string, seed: number): Run {
  const { config, steps } = options;
  const args = ['--config', config, '--steps', String(steps), '--seed', String(seed), '--alone', engine];
  const printed = execFileSync(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), ...args],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 },
  );
  return JSON.parse(printed) as Run;
}

/** Growth in MiB per 100 steps: the slope of the least-squares line. */
function growth(resident: readonly number[]): number {
  const middle = (resident.length - 1) / 2;
  const average = resident.reduce((sum, value) => sum + value, 0) / resident.length;
  let [along, across] = [0, 0];
  for (const [i, value] of resident.entries()) {
    across += (i - middle) * (value - average);
    along += (i - middle) ** 2;
  }
  return (100 * across) / along;
}

function lossTable(runs: readonly Run[], other: Run): string {
  const [first = [], ...rest] = [...runs, other].map(({ losses }) => coarse(losses, options.every));
  const names = [...runs.slice(1).map(({ engine }) => engine), `${other.engine}, another seed`];
  const columns = names.map((name) => Math.max(name.length, 20));
  const head = names.map((name, i) => `  ${name.padStart(columns[i]!)}`).join('');
  const lines = first.map((loss, i) => {
    const cells = rest.map((losses, k) => {
      const percent = `${((100 * ((losses[i] ?? 0) - loss)) / loss).toFixed(2)} %`;
      return `  ${`${(losses[i] ?? 0).toFixed(1)} (${percent})`.padStart(columns[k]!)}`;
    });
    const step = String(Math.min((i + 1) * options.every, options.steps)).padStart(7);
    return `${step}  ${loss.toFixed(1).padStart(10)}${cells.join('')}`;
  });
  const title = `mean loss of ${options.every} steps, nats per image, and the difference to ${runs[0]?.engine}`;
  return [title, `  up to  ${runs[0]?.engine.padStart(10)}${head}`, ...lines].join('\n');
}

function memoryTable(runs: readonly Run[]): string {
  const lines = runs.map(({ engine, tensors, resident, peakResident, seconds }) => {
    const settled = tensors.slice(50);
    const cells = [
      `${Math.min(...settled)} to ${Math.max(...settled)}`,
      `${growth(resident.slice(50)).toFixed(2)} MiB`,
      `${peakResident.toFixed(0)} MiB`,
      `${(seconds / options.steps).toFixed(2)} s`,
    ];
    return `${engine.padEnd(12)}${cells.map((cell) => cell.padStart(20)).join('')}`;
  });
  const names = ['tensors', 'growth in 100 steps', 'peak memory', 'mean step'];
  return ['from step 51 on', ''.padEnd(12) + names.map((name) => name.padStart(20)).join(''), ...lines].join(
    '\n',
  );
}

if (options.alone) console.log(JSON.stringify(await runHere(options.alone, options.seed)));
else {
  const engines = options.engines.split(',');
  const runs = engines.map((engine) => runAlone(engine, options.seed));
  const other = runAlone(engines[0] ?? 'native', options.seed + 1);
  if (options.json) console.log(JSON.stringify({ config: options.config, runs, other }));
  else console.log(`${lossTable(runs, other)}\n\n${memoryTable(runs)}`);
}
