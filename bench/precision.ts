/**
 * Compares the loss in float32 and in half precision, step by step on the same images. For the size of the noise, adds the same run
 * in float32 with another seed.
 *
 *     npm run bench:precision -- --config demo --steps 300
 */
import { Command } from 'commander';
import { useEngine } from '../src/engine/index.js';
import { coarse } from './coarse.js';
import { emojiRun } from './emojiRun.js';

const options = new Command('bench:precision')
  .option('--config <name>', 'configuration: a name or a path', 'demo')
  .option('--steps <number>', 'steps of each run', Number, 300)
  .option('--every <number>', 'steps that a printed line is the mean of', Number, 20)
  .option('--json', 'the losses of all steps as JSON')
  .parse()
  .opts<{ config: string; steps: number; every: number; json?: boolean }>();

await useEngine('native');

function lossesOf(seed: number, half: boolean): Promise<number[]> {
  const overrides = [`training_parameters.half_precision=${half}`];
  return emojiRun({ config: options.config, steps: options.steps, seed, overrides }, ({ loss, step }) => {
    if (step % 50 === 0)
      process.stderr.write(`seed ${seed}${half ? ', half precision' : ''}: step ${step}\n`);
    return loss;
  });
}

const percent = (a: number, b: number) => `${((100 * (a - b)) / b).toFixed(2)} %`.padStart(10);

const full = await lossesOf(0, false);
const half = await lossesOf(0, true);
const other = await lossesOf(1, false);
if (options.json) console.log(JSON.stringify({ config: options.config, full, half, other }));
else {
  const [a, b, c] = [full, half, other].map((losses) => coarse(losses, options.every)) as [
    number[],
    number[],
    number[],
  ];
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
