/**
 * Holds what `nvae plan` says of configurations against what then happens in two epochs of 128 images, with checkpoints and previews:
 * seconds per step, and peak memory of the training process.
 *
 *     npm run bench:plan                       # every configuration of model_configs: about fifteen minutes
 *     npm run bench:plan -- demo penguin
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { emojiFolder } from '../scripts/emojiFolder.js';
import { listConfigs } from '../src/config/loadConfig.js';
import type { TrainingPlan } from '../src/streams/plan/planTraining.js';
import type { TrainEvent } from '../src/streams/run/events.js';
import { median } from './median.js';

interface Happened {
  readonly secondsPerStep: number;
  readonly peakBytes: number;
}

interface Folders {
  readonly dataset: string;
  readonly folder: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const count = 128;

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

async function plan(config: string, dataset: string): Promise<TrainingPlan> {
  for await (const line of lines(['plan', config, '--dataset', dataset])) return JSON.parse(line);
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

async function happens(config: string, { dataset, folder }: Folders, batchSize: number): Promise<Happened> {
  const times: number[] = [];
  let peakBytes = 0;
  let pid = 0;
  const look = () => {
    if (pid > 0) peakBytes = Math.max(peakBytes, peakOf(pid));
  };
  const timer = setInterval(look, 100);
  const settings = ['epochs=2', 'epochs_per_checkpoint=1'].flatMap((each) => [
    '--set',
    `training_parameters.${each}`,
  ]);
  try {
    for await (const line of lines([
      'train',
      config,
      '--dataset',
      dataset,
      '--folder',
      folder,
      ...settings,
    ])) {
      const event = JSON.parse(line) as TrainEvent;
      if (event.type === 'started') pid = event.pid;
      if (event.type === 'step' && event.batchSize === batchSize) times.push(event.seconds);
      look();
    }
  } finally {
    clearInterval(timer);
  }
  return { secondsPerStep: median(times.slice(1)), peakBytes };
}

async function compare(config: string, folders: Folders): Promise<string> {
  const { seconds, memory, batchSize } = await plan(config, folders.dataset);
  if (seconds === null) return 'does not fit';
  const { secondsPerStep, peakBytes } = await happens(config, folders, batchSize);
  const time = [seconds.perStep, secondsPerStep].map((each) => each.toFixed(3).padStart(7)).join(' ');
  const bytes = [memory.peak, peakBytes].map((each) => (each / 1e9).toFixed(2).padStart(5)).join(' ');
  return `${time} s ${ratio(seconds.perStep, secondsPerStep)}    ${bytes} GB ${ratio(memory.peak, peakBytes)}`;
}

const ratio = (planned: number, real: number) => (planned / real).toFixed(2).padStart(5);
const all = (await listConfigs()).map(({ name }) => name);

console.log('planned, what happened, ratio');
for (const config of process.argv.length > 2 ? process.argv.slice(2) : all) {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-plan-'));
  try {
    const dataset = join(folder, 'images');
    await mkdir(dataset);
    for (const name of readdirSync(emojiFolder).sort().slice(0, count))
      await symlink(join(emojiFolder, name), join(dataset, name));
    console.log(`${config.padEnd(36)} ${await compare(config, { dataset, folder })}`);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
