/**
 * Kills training runs at random moments and checks that nothing is lost: see torture/torture.ts. The exit code is 1 if anything
 * differs from an uninterrupted run.
 *
 *     npm run torture -- --kills 50 --seed 1
 *     npm run torture -- --ranks 3
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { torture } from './torture/torture.js';

const { kills, seed, ranks, json } = new Command('torture')
  .option('--kills <number>', 'how often to kill', Number, 50)
  .option('--seed <number>', 'of the moments', Number, 1)
  .option('--ranks <number>', 'of an MPI job; 1: without MPI', Number, 1)
  .option('--json', 'the result as JSON')
  .parse()
  .opts<{ kills: number; seed: number; ranks: number; json?: boolean }>();

const folder = await mkdtemp(join(tmpdir(), 'nvae-torture-'));
const nvae = [process.execPath, fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))];
const begin = performance.now();
const result = await torture({ nvae, folder, kills, seed, ranks, log: (line) => console.error(line) });
await rm(folder, { recursive: true });

const { steps, stepsMade, runs, duringWrites, problems } = result;
const seconds = Math.round((performance.now() - begin) / 1000);
if (json) console.log(JSON.stringify({ ...result, seconds }));
else {
  const { process: alone, watcher, both, rank } = result.kills;
  const whom = `${alone} of the process that trains, ${watcher} of the one that watches it, ${both} of both`;
  console.log(
    `${alone + watcher + both + rank} kills in ${seconds} s: ${ranks > 1 ? `of one of ${ranks} ranks` : whom};`,
  );
  console.log(`${duringWrites} while a checkpoint was being written`);
  console.log(`${runs} runs of ${steps} steps were finished all the same, ${stepsMade} steps in all`);
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  if (problems.length === 0)
    console.log('every one has, bit for bit, the weights of a run that was never stopped');
}
process.exitCode = problems.length === 0 ? 0 : 1;
