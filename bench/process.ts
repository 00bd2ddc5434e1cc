/**
 * Measures what a separate process costs a run, and how it helps the supervising process: seconds per step, and how long the
 * supervisor's event loop is blocked, alternating `train` and `trainInProcess`.
 *
 *     npm run bench:process -- --config demo --steps 20
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Command } from 'commander';
import { filter, lastValueFrom, map, type Observable, take, toArray } from 'rxjs';
import { emojiFolder } from '../scripts/emojiFolder.js';
import { loadConfig } from '../src/config/loadConfig.js';
import { useEngine } from '../src/engine/index.js';
import { trainInProcess } from '../src/streams/process/trainInProcess.js';
import type { StepEvent, TrainEvent } from '../src/streams/run/events.js';
import { train } from '../src/streams/run/train.js';
import { median } from './median.js';

const options = new Command('bench:process')
  .option('--config <name>', 'configuration', 'demo')
  .option('--steps <number>', 'steps that count, after two that do not', Number, 20)
  .option('--rounds <number>', 'how often each', Number, 3)
  .option('--json', 'the result as JSON')
  .parse()
  .opts<{ config: string; steps: number; rounds: number; json?: boolean }>();

const config = await loadConfig(options.config);
await useEngine('native');

interface Measured {
  readonly secondsPerStep: number;
  /** Longest time for which the event loop of this process was blocked. */
  readonly longestDelay: number;
}

/** Measures from the second step on, by the clock of the subscriber. */
async function measure(run: (folder: string) => Observable<TrainEvent>): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const times$ = run(folder).pipe(
    filter((event): event is StepEvent => event.type === 'step'),
    take(options.steps + 2),
    map(({ step }) => {
      if (step === 2) delay.enable();
      return performance.now();
    }),
    toArray(),
  );
  const times = await lastValueFrom(times$);
  delay.disable();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const seconds = ((times.at(-1) ?? 0) - (times[1] ?? 0)) / 1000;
  return { secondsPerStep: seconds / options.steps, longestDelay: delay.max / 1e9 };
}

const settings = (folder: string) => ({
  dataset: emojiFolder,
  weightsFolder: folder,
  picturesFolder: folder,
  runsFolder: folder,
});
const measured: Record<'here' | 'process', Measured[]> = { here: [], process: [] };
for (let round = 0; round < options.rounds; round += 1) {
  measured.here.push(await measure((folder) => train(config, settings(folder))));
  measured.process.push(
    await measure((folder) => trainInProcess(config, { ...settings(folder), engine: 'native' })),
  );
}

const summary = (runs: Measured[]) => ({
  secondsPerStep: {
    min: Math.min(...runs.map((run) => run.secondsPerStep)),
    median: median(runs.map((run) => run.secondsPerStep)),
  },
  longestDelaySeconds: Math.max(...runs.map((run) => run.longestDelay)),
});
const result = { config: config.name, here: summary(measured.here), process: summary(measured.process) };
if (options.json) console.log(JSON.stringify(result));
else {
  for (const [name, { secondsPerStep, longestDelaySeconds }] of [
    ['train', result.here],
    ['trainInProcess', result.process],
  ] as const) {
    const { min, median: middle } = secondsPerStep;
    console.log(
      `${name.padEnd(15)} ${min.toFixed(3)} s per step (median ${middle.toFixed(3)}), event loop held up for at most ` +
        `${(1000 * longestDelaySeconds).toFixed(0)} ms`,
    );
  }
}
