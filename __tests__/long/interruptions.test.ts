/** Every way in which a run of `nvae train` may be ended, and what it leaves. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { writePictures } from '../support/pictures.js';
import { nvaeCommand, type RunningCli, runCli, startCli } from '../support/runCli.js';
import { settled } from '../support/settled.js';

// Each test starts up to five processes, one after the other, which take seconds each on a busy machine.
jest.setTimeout(180_000);

const config = `
channel_towers: 4
number_of_scales: 1
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
cells_per_split_enc: 1
training_parameters:
  batch_size: 4
  epochs: -1
  epochs_per_checkpoint: 1000
`;

let folder: string;
let runs = 0;
let args: string[];
let weights: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-interruptions-'));
  await writeFile(join(folder, 'small.yaml'), config);
  await writePictures(join(folder, 'dataset'), 10);
});
beforeEach(() => {
  const name = `run${++runs}`;
  args = ['train', 'small.yaml', '--engine', 'native', '--folder', name];
  weights = join(folder, name, 'saved_weights');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = (more: readonly string[] = [], options = {}): RunningCli =>
  startCli([...args, ...more], { cwd: folder, ...options });
const saved = () => readdir(weights).catch((): string[] => []);
const stepSaved = async () => (await loadCheckpoint(join(weights, 'small.checkpoint'))).state.position.step;

/** The run has ended, whoever was told so. */
const released = () => settled(async () => !(await saved()).includes('small.lock'));

async function shouldGoOn(): Promise<void> {
  const step = await stepSaved();
  const resumed = await runCli([...args, '--seconds', '0.1'], { cwd: folder });
  expect(resumed.stderr).toContain(`step ${step}\n`);
  expect(resumed.code).toBe(0);
}

describe('nvae train', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'should stop at %s with a checkpoint and exit code 130',
    async (signal) => {
      const run = start();
      await run.shows('step 1 ');
      run.child.kill(signal);
      const { code, stderr } = await run.ended;
      expect(code).toBe(130);
      expect(stderr).toMatch(/stopping after this step.*\n(.*\n)*stopped after \d+ steps/);
      expect(await saved()).toEqual(['small.checkpoint']);
      await shouldGoOn();
    },
  );

  test('should abort at the second Ctrl-C, without a checkpoint', async () => {
    const run = start();
    await run.shows('training small');
    run.child.kill('SIGINT');
    run.child.kill('SIGTERM');
    const { code } = await run.ended;
    expect(code).toBe(130);
    expect(await saved()).toEqual([]);
  });

  test('should write a checkpoint at SIGUSR1 and go on', async () => {
    const run = start();
    await run.shows('step 1 ');
    run.child.kill('SIGUSR1');
    await run.shows('checkpoint ');
    expect(await saved()).toContain('small.checkpoint');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
  });

  test('should stop quietly with a checkpoint when nobody reads standard output any more', async () => {
    const run = start(['--json']);
    run.child.stdout?.once('data', () => run.child.stdout?.destroy());
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([130, '']);
    expect(await saved()).toEqual(['small.checkpoint']);
  });

  test('should stop with a checkpoint when nobody reads standard error any more', async () => {
    const run = start();
    await run.shows('step 1 ');
    run.child.stderr?.destroy();
    expect((await run.ended).code).toBe(130);
    expect(await saved()).toEqual(['small.checkpoint']);
  });

  test('should stop with a checkpoint when it is killed, and let the next run in', async () => {
    const run = start();
    await run.shows('step 1 ');
    run.child.kill('SIGKILL');
    await run.ended;
    await released();
    expect(await saved()).toEqual(['small.checkpoint']);
    await shouldGoOn();
  });

  test('should go on from the last checkpoint after all its processes were killed at once', async () => {
    const run = start(['--set', 'training_parameters.images_per_checkpoint=4'], { detached: true });
    await run.shows('checkpoint ');
    process.kill(-(run.child.pid ?? 0), 'SIGKILL');
    await run.ended;
    await shouldGoOn();
  });

  test('should start its process again where that is killed', async () => {
    const run = start(['--json']);
    let pid = 0;
    run.child.stdout?.on('data', (text: string) => {
      pid ||= Number(/"pid":(\d+)/.exec(text)?.[1] ?? 0);
    });
    await settled(() => pid > 0, run.ended);
    process.kill(pid, 'SIGKILL');
    await run.shows("warning: train: the run's process was killed");
    await settled(async () => (await saved()).includes('small.lock'), run.ended);
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('"type":"crash"');
  });

  test('should refuse a second run of the same name', async () => {
    const run = start();
    await run.shows('training small');
    const second = await runCli(args, { cwd: folder });
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(
      /small\.lock: run "small" is in use by process \d+ on .*; wait for it or stop it/,
    );
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
  });
});

/** `script` gives the command a terminal, which goes when `script` does. */
describe('nvae train on a terminal', () => {
  const onTerminal = () => {
    const words = [...nvaeCommand, ...args].map((word) => `'${word}'`).join(' ');
    const command = ['script', '--quiet', '--flush', '--return', '--command', `exec ${words}`, '/dev/null'];
    const run = startCli([], { cwd: folder, command });
    let text = '';
    run.child.stdout?.on('data', (chunk: string) => {
      text += chunk;
    });
    return {
      ...run,
      text: () => text,
      shows: (expected: string) => settled(() => text.includes(expected), run.ended),
    };
  };

  test('should stop at Ctrl-C, which the terminal sends to all its processes', async () => {
    const run = onTerminal();
    await run.shows('step 1 ');
    run.child.stdin?.write('\x03');
    expect((await run.ended).code).toBe(130);
    expect(run.text()).toMatch(/stopped after \d+ steps/);
    expect(await saved()).toEqual(['small.checkpoint']);
  });

  test('should stop with a checkpoint when the terminal vanishes', async () => {
    const run = onTerminal();
    await run.shows('step 1 ');
    run.child.kill('SIGKILL');
    await run.ended;
    await released();
    expect(await saved()).toEqual(['small.checkpoint']);
    await shouldGoOn();
  });
});
