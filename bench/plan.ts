/**
 * Holds what `nvae plan` says of configurations against what then happens: seconds per step, and peak memory of the training process
 * until it has written a checkpoint and previews.
 *
 *     npm run bench:plan                       # every configuration of model_configs: about ten minutes
 *     npm run bench:plan -- demo penguin
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TrainingPlan } from '../src/streams/plan/planTraining.js';
import type { TrainEvent } from '../src/streams/run/events.js';
import { median } from './median.js';

interface Happened {
  readonly secondsPerStep: number;
  readonly peakBytes: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const emoji = createRequire(import.meta.url).resolve('emoji-datasource-google/package.json');
const images = join(dirname(emoji), 'img/google/64');
/** A training has at least this many steps after its first. */
const steps = 4;

async function* lines(args: readonly string[]): AsyncGenerator<string> {
  const child = spawn(
    process.execPath,
    [join(root, 'dist/cli/main.js'), ...args, '--engine', 'native', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  yield* createInterface({ input: child.stdout });
  const code = await ended;
  if (code !== 0) throw new Error(`nvae ${args.join(' ')} ended with ${code}`);
}

async function plan(config: string): Promise<TrainingPlan> {
  for await (const line of lines(['plan', config, '--dataset', images])) return JSON.parse(line);
  throw new Error(`nvae plan ${config} printed nothing`);
}

/** The largest resident memory of a process so far; 0 when it has ended. */
function peakOf(pid: number): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function happens(config: string, seconds: number): Promise<Happened> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-plan-'));
  const times: number[] = [];
  let peakBytes = 0;
  let pid = 0;
  const look = () => {
    if (pid > 0) peakBytes = Math.max(peakBytes, peakOf(pid));
  };
  const timer = setInterval(look, 100);
  try {
    const args = ['train', config, '--dataset', images, '--folder', folder, '--seconds', String(seconds)];
    for await (const line of lines(args)) {
      const event = JSON.parse(line) as TrainEvent & { pid?: number };
      if (event.type === 'started') pid = event.pid ?? 0;
      if (event.type === 'step') times.push(event.seconds);
      look();
    }
  } finally {
    clearInterval(timer);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return { secondsPerStep: median(times.slice(1)), peakBytes };
}

const all = readdirSync(join(root, 'model_configs'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));
const chosen = process.argv.length > 2 ? process.argv.slice(2) : all;
const ratio = (planned: number, real: number) => (planned / real).toFixed(2).padStart(5);

console.log('planned, what happened, ratio');
for (const config of chosen) {
  const { seconds, memory } = await plan(config);
  if (seconds === null) {
    console.log(`${config.padEnd(36)} does not fit`);
    continue;
  }
  const { secondsPerStep, peakBytes } = await happens(config, Math.max(10, (steps + 2) * seconds.perStep));
  const time = [seconds.perStep, secondsPerStep].map((each) => each.toFixed(3).padStart(7));
  const bytes = [memory.peak, peakBytes].map((each) => (each / 1e9).toFixed(2).padStart(5));
  console.log(
    `${config.padEnd(36)} ${time.join(' ')} s ${ratio(seconds.perStep, secondsPerStep)}    ${bytes.join(' ')} GB ${ratio(memory.peak, peakBytes)}`,
  );
}
