/**
 * What the dashboard takes of the processor while a run tells three steps a second, and how soon a key is answered.
 *
 *     npm run bench:dashboard -- --seconds 20 --json
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { map, merge, of, timer } from 'rxjs';
import { loadConfig } from '../src/config/loadConfig.js';
import type { TrainEvent } from '../src/streams/events.js';
import { writeImage } from '../src/streams/writeImages.js';
import { showDashboard } from '../src/ui/dashboard/showDashboard.js';

const { seconds, json } = new Command('bench:dashboard')
  .option('--seconds <number>', 'how long', Number, 15)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ seconds: number; json?: boolean }>();

const [columns, rows] = [120, 36];
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
};
const step = (i: number): TrainEvent => ({
  type: 'step',
  ...{ step: i, epoch: 0, batchInEpoch: i, batchSize: 32, imagesSeen: 32 * i, imagesTaken: 32 * i },
  ...{ loss: 9000 - i + 500 * Math.sin(i), reconstructionLoss: 8000, balancedKl: 100, regularization: 200 },
  ...{ klPerGroup: [40, 80, 600, 650], kl: 1370, gradientNorm: 4000 + 100 * Math.sin(i), klCoefficient: 0.2 },
  ...{ learningRate: 0.01, clipFactor: 1, applied: true, nonFinite: null, seconds: 0.33, waitSeconds: 0 },
  residentBytes: 7e8,
});
const previews = (['reconstruction', 'samples'] as const).map(
  (kind): TrainEvent => ({ type: 'preview', kind, path, step: 1, imagesSeen: 32 }),
);
const events$ = merge(
  of(started, ...Array.from({ length: 2000 }, (_, i) => step(i + 1)), ...previews),
  timer(0, 333).pipe(map((i) => step(2001 + i))),
).pipe(map((event) => ({ ...event, time: Date.now() })));

/** When something was last written to the screen, and how much in all. */
let [written, bytes] = [0, 0];
const stdout = Object.assign(
  new Writable({
    write(chunk, _encoding, done) {
      written = performance.now();
      bytes += chunk.length;
      done();
    },
  }),
  { isTTY: true, columns, rows },
) as unknown as NodeJS.WriteStream;
const stdin = Object.assign(new PassThrough(), {
  isTTY: true,
  isRaw: false,
  ref: () => undefined,
  unref: () => undefined,
  setRawMode: () => undefined,
}) as unknown as NodeJS.ReadStream;

const ended = showDashboard({ name: 'demo', events$, stdin, stdout });
await setTimeout(2000);
const [before, begin, bytesBefore] = [process.cpuUsage(), performance.now(), bytes];
await setTimeout(seconds * 1000);
const { user, system } = process.cpuUsage(before);
const cores = (user + system) / 1000 / (performance.now() - begin);
const bytesPerSecond = (bytes - bytesBefore) / seconds;
const answers: number[] = [];
for (let i = 0; i < 20; i += 1) {
  await setTimeout(137);
  const pressed = performance.now();
  stdin.push('y');
  while (written < pressed) await setTimeout(1);
  answers.push(written - pressed);
}
stdin.push('q');
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
