/**
 * Kills a run with SIGKILL at random moments, again and again, and compares the result with an uninterrupted run.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { keyedGenerator } from '../../src/model/random.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { drawDiscs } from './drawDiscs.js';
import { journalEntries, loggedPoints } from './readLogs.js';

/** `process`: the training process; `watcher`: its supervisor; `both`: like a power failure; `rank`: one of several ranks. */
export type Victim = 'process' | 'watcher' | 'both' | 'rank';
const victimsAlone: readonly Victim[] = ['process', 'watcher', 'both'];

export interface TortureOptions {
  /** Program and arguments that run `nvae`. */
  readonly nvae: readonly string[];
  /** An empty folder to work in. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  /** Ranks of an MPI job that train together; one of them is killed at a time. @default 1, without MPI */
  readonly ranks?: number;
  /** Epochs of one run. @default 20 */
  readonly epochs?: number;
  readonly log: (line: string) => void;
}

export interface TortureResult {
  readonly kills: Readonly<Record<Victim, number>>;
  /** Number of kills while a checkpoint was being written. */
  readonly duringWrites: number;
  /** Number of runs that were killed until they finished. */
  readonly runs: number;
  /** Number of steps in one run. */
  readonly steps: number;
  /** Number of steps made, including repeated ones. */
  readonly stepsMade: number;
  /** What was wrong; empty if nothing was. */
  readonly problems: readonly string[];
}

/** Milliseconds in which all ranks must end after one was killed. */
const endPatience = 10_000;

/** A model large enough that writing its checkpoint takes a while, but small enough for fast steps. */
const configOf = (epochs: number) => `
channel_towers: 16
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 4
input_dimension: 8
num_flows: 1
training_parameters:
  batch_size: 4
  epochs: ${epochs}
  warmup_epochs: 10
  images_per_checkpoint: 8
  write_reconstruction: true
  augmentation:
    horizontal_flip: true
`;
const images = 22; // the last batch of an epoch is smaller
const longestLife = 1500;

export async function torture(options: TortureOptions): Promise<TortureResult> {
  const { folder, kills, seed, ranks = 1, epochs = 20, log } = options;
  const nvae = [...(ranks > 1 ? mpirunOf(ranks) : []), ...options.nvae];
  const victims: readonly Victim[] = ranks > 1 ? ['rank'] : victimsAlone;
  const generator = keyedGenerator(seed, 'torture', 0);
  const random = () => (generator.next() >>> 0) * 2 ** -32;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tortured.yaml'), configOf(epochs));
  await drawDiscs(join(folder, 'dataset'), images);
  const done: Record<Victim, number> = { process: 0, watcher: 0, both: 0, rank: 0 };
  const problems: string[] = [];
  let [duringWrites, stepsMade, runs] = [0, 0, 0];

  const whole = await life(nvae, folder, 'whole', null);
  const points = whole.told.flatMap((event) => (event.type === 'step' ? [event.imagesSeen] : []));
  const expected = await stateIn(folder, 'whole');
  const total = () => done.process + done.watcher + done.both + done.rank;
  while (total() < kills) {
    const name = `run${++runs}`;
    let finished = false;
    while (!finished) {
      const victim = victims[Math.floor(random() * victims.length)] ?? 'both';
      const moment = {
        victim,
        rank: Math.floor(random() * ranks),
        after: random() * longestLife,
        inWrite: random() < 0.5,
      };
      const lived = await life(nvae, folder, name, total() < kills ? moment : null);
      finished = lived.finished;
      stepsMade += lived.steps;
      problems.push(...lived.problems);
      if (!lived.killed) continue;
      done[victim] += 1;
      if (lived.writing) duringWrites += 1;
      const kept = await stepIn(folder, name);
      if (kept < lived.saved)
        problems.push(`${name}: step ${lived.saved} was saved, and ${kept} is what is there`);
      problems.push(...(await missingInLogs(name, folder, lived, points)));
      const where = `${lived.writing ? 'within a write ' : ''}after step ${lived.lastStep}`;
      log(`${total()} of ${kills}: ${victim} killed ${where}, step ${kept} is saved`);
    }
    problems.push(...differences(name, await stateIn(folder, name), expected));
    await rm(join(folder, name), { recursive: true });
  }
  return { kills: done, duringWrites, runs, steps: expected.state.position.step, stepsMade, problems };
}

interface Moment {
  readonly victim: Victim;
  /** Which of several ranks. */
  readonly rank: number;
  /** Milliseconds after the run is ready. */
  readonly after: number;
  /** Whether to then wait until the next checkpoint is being written. */
  readonly inWrite: boolean;
}

interface Life {
  readonly finished: boolean;
  readonly killed: boolean;
  /** Whether a checkpoint was being written when it was killed. */
  readonly writing: boolean;
  readonly steps: number;
  readonly lastStep: number;
  /** Step of the last reported checkpoint. */
  readonly saved: number;
  readonly told: readonly TrainEvent[];
  readonly problems: readonly string[];
}

/** Runs the command from start to end. */
async function life(
  nvae: readonly string[],
  folder: string,
  name: string,
  moment: Moment | null,
): Promise<Life> {
  const [program = '', ...before] = nvae;
  const args = [...before, 'train', 'tortured.yaml', '--folder', name, '--json', '--engine', 'native'];
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const partial = join(folder, name, 'saved_weights', 'tortured.checkpoint.partial');
  let [finished, killed, writing, steps, lastStep, saved, stderr] = [false, false, false, 0, 0, 0, ''];
  let killedAt = Number.POSITIVE_INFINITY;
  const kill = async (pid: number, moment: Moment) => {
    const { after, inWrite } = moment;
    await setTimeout(after);
    for (let i = 0; inWrite && i < 2000 && !existsSync(partial); i += 1) await setTimeout(1);
    writing = existsSync(partial);
    killed = signal(child, moment, pid);
    killedAt = performance.now();
  };
  const told: TrainEvent[] = [];
  let killing: Promise<void> | null = null;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const event = JSON.parse(line) as TrainEvent;
    told.push(event);
    if (event.type === 'started' && moment) killing ??= kill(event.pid, moment);
    if (event.type === 'finished') finished = true;
    if (event.type === 'checkpoint') saved = event.step;
    if (event.type !== 'step') return;
    steps += 1;
    lastStep = event.step;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const endedAt = performance.now();
  await killing;
  await released(
    join(folder, name, 'saved_weights', 'tortured.lock'),
    killed && moment?.victim === 'watcher',
  );
  const { victim } = moment ?? {};
  const isFine = { process: code === 0, watcher: true, both: true, rank: code !== 0 };
  const asExpected = killed && victim ? isFine[victim] : code === 0;
  const problems = asExpected ? [] : [`${name}: ended with exit code ${code}: ${stderr.trim()}`];
  if (victim === 'rank' && endedAt - killedAt > endPatience)
    problems.push(`${name}: the other ranks ended ${Math.round(endedAt - killedAt)} ms after one was killed`);
  return { finished, killed, writing, steps, lastStep, saved, told, problems };
}

/** The beginning of the command that starts ranks of Open MPI on this machine. */
function mpirunOf(ranks: number): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--allow-run-as-root'] : [];
  return ['mpirun', ...asRoot, '--oversubscribe', '--bind-to', 'none', '-n', String(ranks)];
}

/** The process of a rank: a child of mpirun, on one machine. */
function pidOfRank({ pid: mpirun }: ChildProcess, rank: number): number {
  const pids = execFileSync('pgrep', ['-P', String(mpirun)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const isRank = (pid: string) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`OMPI_COMM_WORLD_RANK=${rank}`);
  return Number(pids.find(isRank));
}

/** Returns false if the process is gone. */
function signal(child: ChildProcess, { victim, rank }: Moment, pid: number): boolean {
  try {
    if (child.exitCode !== null || child.pid === undefined) return false;
    const whom = { process: pid, watcher: child.pid, both: -child.pid };
    process.kill(victim === 'rank' ? pidOfRank(child, rank) : whom[victim], 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** Waits for the lock: a training process without its supervisor stops by itself and then releases the lock. */
async function released(lock: string, alone: boolean): Promise<void> {
  for (let i = 0; alone && i < 3000 && existsSync(lock); i += 1) await setTimeout(10);
}

function stateIn(folder: string, name: string): Promise<Checkpoint> {
  return loadCheckpoint(join(folder, name, 'saved_weights', 'tortured.checkpoint'));
}

/** Step of the checkpoint on disk, 0 if there is none. */
async function stepIn(folder: string, name: string): Promise<number> {
  if (!existsSync(join(folder, name, 'saved_weights', 'tortured.checkpoint'))) return 0;
  return (await stateIn(folder, name)).state.position.step;
}

/**
 * Events before the last reported checkpoint of their session that no log contains; `points` are the images seen at each step.
 * A session that is killed may lose the events after that checkpoint, and the one that resumes it need not repeat them.
 */
async function missingInLogs(
  name: string,
  folder: string,
  { saved, told }: Life,
  points: readonly number[],
): Promise<string[]> {
  const logs = join(folder, name, 'runs', 'tortured');
  const guaranteed = sessionsOf(told).flatMap((events) =>
    events.slice(
      0,
      Math.max(
        0,
        events.findLastIndex(({ type }) => type === 'checkpoint'),
      ),
    ),
  );
  if (guaranteed.length === 0) return [];
  const logged = await loggedPoints(logs);
  const missing = points.slice(0, saved).filter((imagesSeen) => !logged.has(imagesSeen));
  const problems = missing.map((at) => `${name}: no point at ${at} images in the log of step ${saved}`);
  const entries = new Set((await journalEntries(logs)).map(({ time, ...event }) => JSON.stringify(event)));
  for (const event of guaranteed) {
    if (!['started', 'epoch', 'checkpoint', 'preview'].includes(event.type)) continue;
    if (!entries.has(JSON.stringify(event))) problems.push(`${name}: no ${event.type} event in the journal`);
  }
  return problems;
}

/** The events of each process that trained, from its `started` on. */
function sessionsOf(told: readonly TrainEvent[]): TrainEvent[][] {
  const sessions: TrainEvent[][] = [];
  for (const event of told) {
    if (event.type === 'started') sessions.push([]);
    sessions.at(-1)?.push(event);
  }
  return sessions;
}

/** Compares bit for bit. */
function differences(name: string, given: Checkpoint, expected: Checkpoint): string[] {
  const problems: string[] = [];
  if (JSON.stringify(given.state) !== JSON.stringify(expected.state)) {
    problems.push(
      `${name}: state ${JSON.stringify(given.state)}, expected ${JSON.stringify(expected.state)}`,
    );
  }
  if (given.tensors.size !== expected.tensors.size) problems.push(`${name}: ${given.tensors.size} tensors`);
  for (const [tensor, { data }] of expected.tensors) {
    const other = given.tensors.get(tensor)?.data;
    const same = other && Buffer.compare(bytes(data), bytes(other)) === 0;
    if (!same) problems.push(`${name}: ${tensor} differs from that of the run that was never stopped`);
  }
  return problems;
}

function bytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
