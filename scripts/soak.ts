/**
 * Checks that a long run does not leak: 5,000 steps of a tiny model with checkpoints, previews and several subscribers. Exits with
 * 1 if tensors, buffers, handles, listeners, descriptors or memory grow. Give Node a small heap; otherwise the memory that it
 * reserves for later hides all other growth.
 *
 *     npm run soak -- --steps 5000 --engine native --json
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { lastValueFrom, tap, toArray } from 'rxjs';
import { useEngine } from '../src/engine/index.js';
import { drawDataset, soakRun } from './soak/soakRun.js';
import { summarize, table } from './soak/summarize.js';

interface Options {
  readonly steps: number;
  readonly every: number;
  readonly engine: string;
  readonly json?: boolean;
}

const { steps, every, engine, json } = new Command('soak')
  .option('--steps <number>', 'how long', Number, 5000)
  .option('--every <number>', 'steps between two samples', Number, 100)
  .option('--engine <name>', 'compute engine', 'native')
  .option('--json', 'print one JSON object, samples included')
  .parse()
  .opts<Options>();

const { name, description } = await useEngine(engine);
const folder = await mkdtemp(join(tmpdir(), 'nvae-soak-'));
try {
  await drawDataset(join(folder, 'dataset'));
  const progress = process.stderr.isTTY
    ? (step: number) => process.stderr.write(`\rstep ${step} `)
    : () => {};
  const begin = performance.now();
  const samples$ = soakRun({ folder, steps, every }).pipe(tap(({ step }) => void progress(step)));
  const samples = await lastValueFrom(samples$.pipe(toArray()));
  const seconds = (performance.now() - begin) / 1000;
  const rows = summarize(samples);
  const flat = rows.every((row) => row.flat);
  if (json) console.log(JSON.stringify({ engine: name, steps, seconds, flat, rows, samples }));
  else console.log(`${steps} steps on ${name} (${description}) in ${seconds.toFixed(0)} s\n${table(rows)}`);
  process.exitCode = flat ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
