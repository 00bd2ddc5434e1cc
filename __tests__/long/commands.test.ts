import { mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { missingEngine } from '../support/missingEngine.js';
import { runCli, startCli } from '../support/runCli.js';
import { smallYaml } from '../support/smallYaml.js';
import { pointsOf, readLog } from '../support/tensorBoard.js';

const config = smallYaml('epochs: 2, epochs_per_checkpoint: 1');

let folder: string;
const inFolder = (...names: string[]) => join(folder, ...names);
const nvae = (...args: string[]) => runCli(args, { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-cli-'));
  await mkdir(inFolder('dataset'));
  await writeFile(inFolder('small.yaml'), config);
  for (let i = 0; i < 10; i++) {
    const background = { r: 25 * i, g: 255 - 20 * i, b: 120 };
    await sharp({ create: { width: 12, height: 10, channels: 3, background } })
      .png()
      .toFile(inFolder('dataset', `${i}.png`));
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('nvae', () => {
  test('should answer wrong usage with exit code 2 and a suggestion', async () => {
    const unknown = await nvae('trian');
    expect([unknown.code, unknown.stdout]).toEqual([2, '']);
    expect(unknown.stderr).toContain('Did you mean train?');
    const temperature = await nvae('sample', 'some.model', '1.5');
    expect(temperature.code).toBe(2);
    expect(temperature.stderr).toContain('between 0 and 1');
    const name = await nvae('train', 'small.yaml', '--name', '../a');
    expect(name.code).toBe(2);
    expect(name.stderr).toContain('It must be a name, not a path');
  });

  test('should refuse an engine that does not exist as wrong usage', async () => {
    const { code, stderr } = await nvae('configs', '--engine', 'cuda');
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are auto, tensorflow, webgpu, native, wasm, cpu');
  });

  test('should list the configurations, as JSON too', async () => {
    const { code, stdout } = await nvae('configs', '--json');
    expect(code).toBe(0);
    const { configurations } = JSON.parse(stdout) as {
      configurations: { name: string; parameters: number }[];
    };
    expect(configurations.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['demo', 'penguin', 'tiny']),
    );
    expect(configurations.every(({ parameters }) => parameters > 1000)).toBe(true);
  });

  test('should tell which engines work and how to get the others', async () => {
    const { code, stdout } = await nvae('doctor', '--engine', 'native');
    expect(code).toBe(0);
    expect(stdout).toMatch(/native\s+C\+\+ kernels/);
    expect(stdout).toMatch(/tensorflow +(libtensorflow|not usable)/);
    expect(stdout).toMatch(/[\d.]+ GFLOPS/);
    expect(stdout).toMatch(/several machines: (Open MPI v|not usable\n {4}why: .*\n {4}how to get it: )/);
  });

  test('should refuse an engine that is not there, and never use another', async () => {
    const engine = await missingEngine();
    if (engine === null) return;
    const { code, stderr } = await nvae('train', 'small.yaml', '--engine', engine);
    expect(code).toBe(1);
    expect(stderr).toContain(`engine ${engine}: not usable here`);
  });

  test.each([
    ['a missing dataset', ['--dataset', 'nowhere'], /nowhere/],
    ['an empty dataset', ['--dataset', 'empty'], /empty.*image/],
    ['an unknown key', ['--set', 'lattent_size=3'], /lattent_size[\s\S]*latent_size/],
  ])('should refuse %s with one clear message', async (_name, args, message) => {
    await mkdir(inFolder('empty'), { recursive: true });
    const { code, stderr } = await nvae('train', 'small.yaml', '--engine', 'native', ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

describe('nvae train and nvae sample', () => {
  test('should train, leave checkpoint, pictures and model, and sample from them', async () => {
    const trained = await nvae('train', 'small.yaml', '--engine', 'native');
    expect(trained.stderr).toContain('training small on native');
    expect([trained.code, trained.stdout.trim()]).toEqual([
      0,
      join('saved_weights', 'final_result_small.model'),
    ]);
    expect(await readdir(inFolder('saved_weights'))).toContain('small.checkpoint');
    expect((await readdir(inFolder('images', 'small'))).some((name) => name.endsWith('.png'))).toBe(true);
    const log = await readLog(inFolder('runs', 'small'));
    expect(pointsOf(log, 'loss/iter').map(([imagesSeen]) => imagesSeen)).toEqual([4, 8, 10, 14, 18, 20]);

    const model = join('saved_weights', 'final_result_small.model');
    const args = ['sample', model, '0.7', '2', '--engine', 'native'];
    const grid = await nvae(...args, '--out', 'grid.png', '--json');
    expect(grid.stdout).toContain('{"type":"picture","path":"grid.png"}');
    expect(await sharp(inFolder('grid.png')).metadata()).toMatchObject({ width: 24, height: 24 });
  });

  test('should stop at the first Ctrl-C with a checkpoint, and go on from it', async () => {
    const args = [
      'train',
      'small.yaml',
      '--engine',
      'native',
      '--folder',
      'stopped',
      '--set',
      'training_parameters.epochs=-1',
    ];
    const run = startCli(args, { cwd: folder });
    await run.shows('step 1 ');
    run.child.kill('SIGINT');
    const stopped = await run.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('stopped after');
    const resumed = await runCli([...args, '--seconds', '1'], { cwd: folder });
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/resumed after step \d+/);
    expect(resumed.stderr).toContain('time is up');
    const logs = await readdir(inFolder('stopped', 'runs', 'small'));
    expect(logs.filter((name) => name.includes('tfevents'))).toHaveLength(2);
    expect(logs).toContain('events.jsonl');
  });

  test('should name a checkpoint that is cut in half', async () => {
    const path = inFolder('saved_weights', 'small.checkpoint');
    await rm(`${path}.previous`, { force: true });
    await truncate(path, (await stat(path)).size / 2);
    const { code, stderr } = await nvae(
      'sample',
      'saved_weights/small.checkpoint',
      '0.7',
      '--engine',
      'native',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('small.checkpoint');
  });
});
