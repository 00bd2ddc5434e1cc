/** Every option of `nvae sample`, seen at work. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { ImageBatch } from '../../src/base/plainData.js';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import { sampleCommand } from '../../src/cli/commands/sample.js';
import { engineInUse } from '../../src/engine/index.js';
import { useTestEngine } from '../support/engine.js';
import { missingEngine } from '../support/missingEngine.js';
import { useModelFile } from '../support/modelFile.js';
import { runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();

const model = useModelFile(() => inFolder('small.model'));

/** Runs with `--out` and gives the paths that are printed. */
async function run(args: readonly string[], out: string, file = model().path): Promise<string[]> {
  const { stdout } = await runCommand(sampleCommand(), [file, ...args, '--out', out, '--engine', 'native']);
  return stdout.trim().split('\n');
}
const pictureOf = async (path: string): Promise<ImageBatch> => {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return { pixels: new Uint8Array(data), shape: [1, info.height, info.width, 3] };
};
/** The one picture of a run. */
const picture = async (args: readonly string[], file = model().path) => {
  const [path = ''] = await run([...args], inFolder('one.png'), file);
  return pictureOf(path);
};
const refused = (args: readonly string[]) =>
  runCommand(sampleCommand(), [model().path, ...args, '--engine', 'native']).then(
    () => 'not refused',
    (error: Error) => error.message,
  );

describe('nvae sample', () => {
  test('should write a grid of 3x3 without gaps, the same for the same seed', async () => {
    const first = await picture(['0.7', '2']);
    expect(first.shape).toEqual([1, 24, 24, 3]);
    expect(await picture(['0.7', '2', '--seed', '0'])).toEqual(first);
    expect(await picture(['0.7', '2', '--seed', '1'])).not.toEqual(first);
    expect(await picture(['0.2', '2'])).not.toEqual(first);
    expect(await picture(['0.7', '5'])).not.toEqual(first);
    expect(await picture(['0.7', '2', '--batch', '4'])).not.toEqual(first);
  });

  test('should lay out --rows and --columns, and as many grids as --count needs', async () => {
    const args = ['0.7', '0', '--rows', '2', '--columns', '3'];
    expect((await picture(args)).shape).toEqual([1, 16, 24, 3]);
    const paths = await run([...args, '--count', '13'], inFolder('many.png'));
    expect(paths).toEqual([1, 2, 3].map((i) => inFolder(`many_${i}.png`)));
    const shapes = await Promise.all(paths.map(async (path) => (await pictureOf(path)).shape.join()));
    expect(shapes).toEqual(['1,16,24,3', '1,16,24,3', '1,8,24,3']);
  });

  test('should give each image a file of its own with --separate, those of the grid', async () => {
    const paths = await run(['0.7', '2', '--separate', '--count', '11'], inFolder('each.png'));
    expect(paths[0]).toBe(inFolder('each_01.png'));
    expect([...paths].sort()).toEqual(paths);
    expect((await readdir(inFolder())).filter((name) => name.startsWith('each'))).toHaveLength(11);
    const grid = await picture(['0.7', '2']);
    const rows = Array.from({ length: 8 }, (_, y) =>
      grid.pixels.subarray((y * 24 + 8) * 3, (y * 24 + 16) * 3),
    );
    expect((await pictureOf(paths[1] ?? '')).pixels).toEqual(new Uint8Array(Buffer.concat(rows)));
  });

  test('should make grids that are larger than a batch', async () => {
    const large = await picture(['0.7', '0', '--rows', '4', '--columns', '5']);
    expect(large.shape).toEqual([1, 32, 40, 3]);
    const columns = ['--rows', '1', '--columns', '9'];
    const batch = await picture(['0.7', '0', ...columns]);
    const top = large.pixels.subarray(0, 40 * 3);
    expect(top).toEqual(batch.pixels.subarray(0, 40 * 3));
  });

  test('should take what --statistic asks for of the distribution', async () => {
    const taken = ['sample', 'mean', 'most_likely_value'].map((statistic) => async () => {
      const { pixels } = await picture(['0.7', '0', '--statistic', statistic]);
      return pixels.join();
    });
    const results: string[] = [];
    for (const take of taken) results.push(await take());
    expect(new Set(results).size).toBe(3);
    expect((await picture(['0.7', '0'])).pixels.join()).toBe(results[1]);
  });

  test('should take a temperature per latent group, and name the right count otherwise', async () => {
    const one = await picture(['0.7', '0']);
    expect(await picture(['0.7,0.7', '0'])).toEqual(one);
    expect(await picture(['0.7,1', '0'])).not.toEqual(await picture(['1,0.7', '0']));
    const out = ['--out', inFolder('x.png')];
    const message = 'one for each of the 2 latent groups (level 0 first), got 3 values';
    expect(await refused(['1,1,1', '0', ...out])).toContain(message);
    expect(await refused(['1,1,1', '3', ...out])).toContain(message);
    expect(await readdir(inFolder())).not.toContain('x.png');
  });

  test('should read a checkpoint as it reads a model', async () => {
    const checkpoint = inFolder('small.checkpoint');
    await saveCheckpoint(checkpoint, { ...model().snapshot, dataPosition: { epoch: 0, imagesTaken: 0 } });
    expect(await picture(['0.7', '2'], checkpoint)).toEqual(await picture(['0.7', '2']));
  });

  test('should print one JSON object per picture and one at the end, and be quiet when asked to', async () => {
    const args = [
      model().path,
      '0.7',
      '1',
      '--count',
      '10',
      '--out',
      inFolder('x.png'),
      '--engine',
      'native',
    ];
    const { stdout, stderr } = await runCommand(sampleCommand(), [...args, '--json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { type: 'picture', path: inFolder('x_1.png') },
      { type: 'picture', path: inFolder('x_2.png') },
      { type: 'samples', pictures: 2, interrupted: false },
    ]);
    expect(stderr).toBe('');
    const loud = await runCommand(sampleCommand(), args);
    expect(loud.stderr).toMatch(/^engine native: .*\nbatch norm re-adjusted in 1 iteration\n$/);
    const quiet = await runCommand(sampleCommand(), [...args, '--quiet']);
    expect(quiet).toEqual({ ...loud, stderr: '' });
  });

  test('should sample a run by its name, and keep the pictures of before', async () => {
    await mkdir(inFolder('saved_weights'));
    await saveModel(inFolder('saved_weights', 'final_result_mine.model'), model().snapshot);
    const args = ['mine', '0.7', '0', '--folder', inFolder(), '--engine', 'native'];
    const names = [];
    for (const seed of ['1', '2']) {
      const { stdout } = await runCommand(sampleCommand(), [...args, '--seed', seed]);
      names.push(stdout.trim());
    }
    const stem = inFolder('images', 'final_result_mine_t0.7');
    expect(names).toEqual([`${stem}.png`, `${stem}-2.png`]);
    expect(await pictureOf(names[0] ?? '')).not.toEqual(await pictureOf(names[1] ?? ''));
  });

  test('should compute on the engine that is asked for', async () => {
    const args = [model().path, '0.7', '0', '--out', inFolder('x.png'), '--engine'];
    await runCommand(sampleCommand(), [...args, 'wasm']);
    expect(engineInUse()?.name).toBe('wasm');
    const engine = await missingEngine();
    if (engine === null) return;
    const message = `engine ${engine}: not usable here`;
    await expect(runCommand(sampleCommand(), [...args, engine])).rejects.toThrow(message);
  });

  test('should refuse images that are no numbers, and say what to try', async () => {
    const tensors = new Map(model().snapshot.tensors);
    for (const [name, tensor] of tensors) {
      if (!/^postprocess.*running_mean$/.test(name)) continue;
      tensors.set(name, { ...tensor, data: new Float32Array(tensor.data.length).fill(3e38) });
    }
    await saveModel(model().path, { ...model().snapshot, tensors });
    const message = await refused(['0.7', '0', '--out', inFolder('x.png')]);
    expect(message).toMatch(/images: 9 of 9 have non-finite colours.*fewer iterations/);
    expect(await readdir(inFolder())).toEqual(['small.model']);
  });

  test('should stop at Ctrl-C after the picture that it makes', async () => {
    const running = runCommand(sampleCommand(), [
      ...[model().path, '0.7', '1', '--separate', '--count', '100000', '--engine', 'native'],
      ...['--out', inFolder('pictures', 'x.png'), '--json'],
    ]);
    while (!(await readdir(inFolder('pictures')).catch((): string[] => [])).includes('x_000030.png')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    process.emit('SIGINT', 'SIGINT');
    const { stdout, exitCode } = await running;
    expect(exitCode).toBe(130);
    const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    const files = await readdir(inFolder('pictures'));
    expect(last).toEqual({ type: 'samples', pictures: files.length, interrupted: true });
    expect(files.filter((name) => !/^x_\d{6}\.png$/.test(name))).toEqual([]);
    expect(files.length % 9).toBe(0);
  });

  test.each([
    [['0.7,', '0'], /between 0 and 1, or one per latent group/],
    [['1.5', '0'], /between 0 and 1/],
    [['0.7', '-1'], /unknown option|at least 0/],
    [['0.7', '--rows', '0'], /at least 1/],
    [['0.7', '--batch', 'x'], /at least 1/],
    [['0.7', '--statistic', 'median'], /Allowed choices are sample, mean/],
  ])('should refuse %j', async (args, message) => {
    const { stderr } = process;
    const write = stderr.write;
    stderr.write = () => true;
    expect(await refused(args).finally(() => (stderr.write = write))).toMatch(message);
  });

  test('should refuse a place that it cannot write to before it reads the model', async () => {
    await writeFile(inFolder('file'), '');
    const missing = [inFolder('no.model'), '0.7', '--out'];
    const refusal = (out: string) => expect(runCommand(sampleCommand(), [...missing, out])).rejects;
    await refusal(inFolder('file', 'x.png')).toThrow('--out: cannot write to the folder ');
    await refusal(inFolder('x.bmpp')).toThrow(/--out: cannot write "\.bmpp" files; use \.png, /);
    await mkdir(inFolder('folder'));
    await refusal(join(inFolder('folder'), 'x.png')).toThrow('no.model');
  });
});
