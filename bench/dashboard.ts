/**
 * Measures the processor time of the dashboard at three steps a second, and how soon it responds to a key. With --training,
 * measures what it costs a real training, alternating with and without the dashboard, and its response to keys meanwhile.
 *
 *     npm run bench:dashboard -- --seconds 20 --json
 *     npm run bench:dashboard -- --training demo --pairs 3 --seconds 8 --presses 0
 *     npm run bench:dashboard -- --training logistic_mixture10latent --set training_parameters.batch_size=16 --pairs 0
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { map, merge, of, timer } from 'rxjs';
import { loadConfig } from '../src/config/loadConfig.js';
import { writeImage } from '../src/pictures/writeImage.js';
import type { TrainEvent } from '../src/streams/run/events.js';
import { showDashboard } from '../src/ui/dashboard/showDashboard.js';
import { trainingCost } from './dashboardTraining.js';
import { fakeTerminal } from './fakeTerminal.js';
import { median } from './median.js';

interface Options {
  readonly seconds: number;
  readonly training?: string;
  readonly set: readonly string[];
  readonly pairs: number;
  readonly presses: number;
  readonly json?: boolean;
}

const { seconds, json, training, ...rest } = new Command('bench:dashboard')
  .option('--seconds <number>', 'how long; with --training each half of a pair', Number, 15)
  .option('--training <config>', 'what the dashboard costs a training of this configuration')
  .option(
    '--set <key=value>',
    'override a key of it (repeatable)',
    (value, all: string[]) => [...all, value],
    [],
  )
  .option('--pairs <number>', 'how often with the dashboard and without', Number, 5)
  .option('--presses <number>', 'keys that are pressed', Number, 20)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<Options>();

const [columns, rows] = [120, 36];
if (training !== undefined) {
  const cost = await trainingCost({ config: training, seconds, columns, rows, ...rest });
  const { ratios, stepSeconds, cores, keyMilliseconds } = cost;
  const percent = (ratio: number) => `${(100 * (ratio - 1)).toFixed(1)} %`;
  if (json) console.log(JSON.stringify(cost));
  if (!json && ratios.length > 0) {
    console.log(`a step                 ${stepSeconds?.toFixed(3)} s without the dashboard`);
    console.log(
      `longer with it by      ${percent(Math.min(...ratios))} at least, ${percent(median(ratios))} median ` +
        `(${ratios.map(percent).join(', ')})`,
    );
    const share = (of: number | undefined) => `${(100 * (of ?? 0)).toFixed(1)} %`;
    console.log(
      `processor              ${share(cores?.shown)} of a core with it, ${share(cores?.counting)} without`,
    );
  }
  if (!json && keyMilliseconds.length > 0) {
    const [middle, longest] = [median(keyMilliseconds), keyMilliseconds.at(-1)];
    console.log(`key to screen          ${middle.toFixed(0)} ms median, ${longest?.toFixed(0)} ms at most`);
  }
  process.exit();
}

const config = await loadConfig('demo');
const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
const path = join(folder, 'picture.png');
const pixels = Uint8Array.from({ length: 64 * 256 * 3 }, (_, i) => (i * 37) % 251);
await writeImage(path, { pixels, shape: [1, 64, 256, 3] });

const started: TrainEvent = {
  type: 'started',
  name: 'demo',
  engine: 'native',
  engineDescription: 'AVX-512, 2 threads',
  pid: 1,
  seed: 0,
  config,
  parameters: 5e5,
  latentShapes: Array.from({ length: 4 }, () => [16, 16, 4] as const),
  images: 100_000,
  batchSize: 32,
  epochs: 60,
  secondsLimit: null,
  resumed: null,
  initFrom: null,
};
const step = (i: number): TrainEvent => ({
  type: 'step',
  ...{ step: i, epoch: 0, batchInEpoch: i, batchSize: 32, imagesSeen: 32 * i, imagesTaken: 32 * i },
  ...{ loss: 9000 - i + 500 * Math.sin(i), reconstructionLoss: 8000, balancedKl: 100, regularization: 200 },
  ...{ klPerGroup: [40, 80, 600, 650], kl: 1370, gradientNorm: 4000 + 100 * Math.sin(i), klCoefficient: 0.2 },
  ...{
    learningRate: 0.01,
    clipFactor: 1,
    applied: true,
    nonFinite: null,
    zero: null,
    seconds: 0.33,
    waitSeconds: 0,
  },
  residentBytes: 7e8,
});
const previews = (['reconstruction', 'samples'] as const).map(
  (kind): TrainEvent => ({ type: 'preview', kind, path, step: 1, imagesSeen: 32 }),
);
const events$ = merge(
  of(started, ...Array.from({ length: 2000 }, (_, i) => step(i + 1)), ...previews),
  timer(0, 333).pipe(map((i) => step(2001 + i))),
).pipe(map((event) => ({ ...event, time: Date.now() })));

const terminal = fakeTerminal(columns, rows);
const ended = showDashboard({ name: 'demo', events$, ...terminal });
await setTimeout(2000);
const [before, begin, bytesBefore] = [process.cpuUsage(), performance.now(), terminal.bytes];
await setTimeout(seconds * 1000);
const { user, system } = process.cpuUsage(before);
const cores = (user + system) / 1000 / (performance.now() - begin);
const bytesPerSecond = (terminal.bytes - bytesBefore) / seconds;
const answers: number[] = [];
for (let i = 0; i < 20; i += 1) {
  await setTimeout(137);
  const answered = terminal.writes('');
  terminal.press('y');
  answers.push(await answered);
}
terminal.press('q');
await ended;
await rm(folder, { recursive: true });
answers.sort((a, b) => a - b);
const result = {
  ...{ columns, rows, cores, shareOfMachine: cores / availableParallelism(), bytesPerSecond },
  keyMilliseconds: { median: answers[10], max: answers.at(-1) },
};
console.log(
  json
    ? JSON.stringify(result)
    : [
        `processor              ${(100 * cores).toFixed(1)} % of a core, ${(100 * result.shareOfMachine).toFixed(1)} % of this machine`,
        `written                ${(bytesPerSecond / 1000).toFixed(1)} kB per second`,
        `key to screen          ${answers[10]?.toFixed(0)} ms median, ${answers.at(-1)?.toFixed(0)} ms at most`,
      ].join('\n'),
);
process.exit();
