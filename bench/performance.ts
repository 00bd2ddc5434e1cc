/**
 * Measures the figures of docs/performance.md, each in a separate process; figures that are compared alternate.
 *
 *     npm run bench:performance -- --rounds 3 --json
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { emojiFolder } from '../scripts/emojiFolder.js';
import type { BenchResult } from './measure.js';
import { median } from './median.js';

const { rounds, json } = new Command('bench:performance')
  .option('--rounds <number>', 'runs of each', Number, 3)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ rounds: number; json?: boolean }>();

const here = dirname(fileURLToPath(import.meta.url));

interface Variant {
  readonly config: string;
  readonly batch: number;
  readonly set?: string;
  readonly threads?: number;
}

const logistic = { config: 'logistic_mixture10latent', batch: 8 };
const variants = {
  logistic,
  checkpoints: { ...logistic, set: 'training_parameters.use_tensor_checkpoints=true' },
  oneThread: { ...logistic, threads: 1 },
  penguin: { config: 'penguin', batch: 8, set: 'training_parameters.half_precision=false' },
  demo: { config: 'demo', batch: 32 },
} satisfies Record<string, Variant>;

type Name = keyof typeof variants;

/** Reads the standard output of a process line by line, and kills it after the first line for which `enough` is true. */
async function outputOf(args: string[], env: NodeJS.ProcessEnv, enough = (_line: string) => false) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk;
    if (text.split('\n').slice(0, -1).some(enough)) break;
  }
  child.kill();
  return text;
}

async function bench({ config, batch, set, threads }: Variant): Promise<BenchResult> {
  const args = ['--import', 'tsx', join(here, 'bench.ts'), '--json', '--steps', '10'];
  args.push('--config', config, '--batch', String(batch), ...(set ? ['--set', set] : []));
  return JSON.parse(await outputOf(args, threads ? { NVAE_THREADS: String(threads) } : {}));
}

/** Seconds from the start of `nvae train` to the end of its first step. */
async function startUp(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  const begin = performance.now();
  try {
    const command = join(here, '../dist/cli/main.js');
    const args = [command, 'train', logistic.config, '--dataset', emojiFolder, '--folder', folder, '--json'];
    args.push('--set', `training_parameters.batch_size=${logistic.batch}`);
    await outputOf(args, {}, (line) => line.includes('"type":"step"'));
    return (performance.now() - begin) / 1000;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
}

const results = Object.fromEntries(Object.keys(variants).map((name) => [name, []])) as unknown as Record<
  Name,
  BenchResult[]
>;
const starts: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  for (const name of Object.keys(variants) as Name[]) results[name].push(await bench(variants[name]));
  starts.push(await startUp());
}

/** The best and the median of all rounds. */
function spread(values: readonly number[], best: 'least' | 'most' = 'least') {
  const extreme = best === 'least' ? Math.min(...values) : Math.max(...values);
  return { best: extreme, median: median(values) };
}

/** Ratios per round, so that both sides have seen the same state of the machine. */
function ratios(above: Name, below: Name, value: (result: BenchResult) => number): number[] {
  return results[above].map((result, i) => value(result) / value(results[below][i]!));
}

const seconds = (result: BenchResult) => result.secondsPerStep.min;
const efficiency = (name: Name) =>
  spread(
    results[name].map((result) => result.efficiency ?? Number.NaN),
    'most',
  );
const gigabytes = (name: Name) => spread(results[name].map(({ peakRssBytes }) => peakRssBytes / 1e9));
const figures = {
  'seconds per step, logistic_mixture10latent, batch 8': spread(results.logistic.map(seconds)),
  'efficiency, logistic_mixture10latent, batch 8': efficiency('logistic'),
  'efficiency, penguin in float32, batch 8': efficiency('penguin'),
  'efficiency, demo, batch 32': efficiency('demo'),
  'nine samples, seconds': spread(results.logistic.map((result) => result.secondsForNineSamples)),
  'nine samples / step': spread(
    results.logistic.map((result) => result.secondsForNineSamples / seconds(result)),
  ),
  'peak resident memory, GB': gigabytes('logistic'),
  'the same with use_tensor_checkpoints, GB': gigabytes('checkpoints'),
  'its time / time without': spread(ratios('checkpoints', 'logistic', seconds)),
  'outside of kernels / step': spread(
    results.logistic.map((result) => (result.secondsOutsideKernels ?? Number.NaN) / seconds(result)),
  ),
  'one thread / two threads': spread(ratios('oneThread', 'logistic', seconds), 'most'),
  'nvae train to the end of its first step, seconds': spread(starts),
};
const { threads, simd, peakFmaFlops, convolutionFlops } = results.logistic[0]!;
const machine = { threads, simd, peakFmaFlops, convolutionFlops, rounds };
console.log(
  json
    ? JSON.stringify({ machine, figures })
    : [
        `${simd}, ${threads} threads, peak ${((peakFmaFlops ?? 0) / 1e9).toFixed(0)} GFLOPS, ${rounds} rounds`,
        `convolutions of a step of ${logistic.config}: ${(convolutionFlops / 1e9).toFixed(1)} GFLOP`,
        `${''.padEnd(54)} best    median`,
        ...Object.entries(figures).map(([name, figure]) => {
          return `${name.padEnd(54)} ${figure.best.toFixed(3).padEnd(7)} ${figure.median.toFixed(3)}`;
        }),
      ].join('\n'),
);
