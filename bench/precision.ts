/**
 * The loss in float32 and in half precision, step by step on the same images, beside the noise: the same run in float32 with
 * another seed.
 *
 *     npm run bench:precision -- --config demo --steps 300
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { filter, lastValueFrom, map, take, toArray } from 'rxjs';
import { loadConfig } from '../src/config/loadConfig.js';
import { useEngine } from '../src/engine/index.js';
import type { StepEvent } from '../src/streams/events.js';
import { train } from '../src/streams/train.js';

const options = new Command('bench:precision')
  .option('--config <name>', 'configuration: a name or a path', 'demo')
  .option('--steps <number>', 'steps of each run', Number, 300)
  .option('--every <number>', 'steps that a printed line is the mean of', Number, 20)
  .option('--json', 'the losses of all steps as JSON')
  .parse()
  .opts<{ config: string; steps: number; every: number; json?: boolean }>();

const emoji = createRequire(import.meta.url).resolve('emoji-datasource-google/package.json');
await useEngine('native');

async function lossesOf(seed: number, half: boolean): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  const overrides = [
    `training_parameters.half_precision=${half}`,
    'training_parameters.write_reconstruction=false',
    'training_parameters.epochs_per_checkpoint=1000',
  ];
  const config = await loadConfig(options.config, { overrides });
  const settings = {
    seed,
    dataset: join(dirname(emoji), 'img/google/64'),
    weightsFolder: folder,
    picturesFolder: folder,
    runsFolder: folder,
  };
  const losses$ = train(config, settings).pipe(
    filter((event): event is StepEvent => event.type === 'step'),
    take(options.steps),
    map(({ loss, step }) => {
      if (step % 50 === 0)
        process.stderr.write(`seed ${seed}${half ? ', half precision' : ''}: step ${step}\n`);
      return loss;
    }),
    toArray(),
  );
  try {
    return await lastValueFrom(losses$);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Means of every `every` values. */
const coarse = (values: readonly number[]) =>
  Array.from({ length: Math.ceil(values.length / options.every) }, (_, i) =>
    mean(values.slice(i * options.every, (i + 1) * options.every)),
  );
const percent = (a: number, b: number) => `${((100 * (a - b)) / b).toFixed(2)} %`.padStart(10);

const full = await lossesOf(0, false);
const half = await lossesOf(0, true);
const other = await lossesOf(1, false);
if (options.json) console.log(JSON.stringify({ config: options.config, full, half, other }));
else {
  const [a, b, c] = [full, half, other].map(coarse) as [number[], number[], number[]];
  console.log(`mean loss of ${options.every} steps, nats per image`);
  console.log('  up to    float32       half    another seed    half to float32    seed to seed');
  a.forEach((loss, i) => {
    const [low, seed] = [b[i] ?? Number.NaN, c[i] ?? Number.NaN];
    const losses = [loss, low].map((value) => value.toFixed(1).padStart(9)).join('  ');
    const step = String(Math.min((i + 1) * options.every, full.length)).padStart(7);
    console.log(
      `${step}  ${losses}       ${seed.toFixed(1).padStart(9)}         ${percent(low, loss)}      ${percent(seed, loss)}`,
    );
  });
}
