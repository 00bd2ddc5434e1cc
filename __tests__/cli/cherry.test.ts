/** Every option of `nvae cherry`, and every way in which its input may end. */
import { readdir } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { grid } from '../../src/base/grid.js';
import { imageAt, joinImages } from '../../src/base/imageBatches.js';
import { cherryCommand } from '../../src/cli/commands/cherry.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import { samples } from '../../src/streams/sampling/samples.js';
import { collect } from '../support/collect.js';
import { useTestEngine } from '../support/engine.js';
import { missingEngine } from '../support/missingEngine.js';
import { useModelFile } from '../support/modelFile.js';
import { startCli } from '../support/runCli.js';
import { runCommand } from '../support/runCommand.js';
import { settled } from '../support/settled.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();
const model = useModelFile(() => inFolder('small.model'));

const typed = (...input: string[]) => Readable.from(input.map((line) => `${line}\n`));
const argsOf = (...args: string[]) => [model().path, ...args, '--engine', 'native'];
const cherry = (args: readonly string[], ...input: string[]) =>
  runCommand(cherryCommand(), argsOf(...args, '--out', inFolder('x.png')), typed(...input));
const pixelsOf = async (path: string) => new Uint8Array(await sharp(path).raw().toBuffer());
const pictures = async () => (await readdir(inFolder())).filter((name) => name.endsWith('.png')).sort();
const json = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Images by batch and number, as `nvae cherry` counts them. */
async function imagesOf(places: readonly (readonly [number, number])[], seed = 0) {
  const nvae = await loadModel(model().path);
  const batches = await collect(samples(nvae, { temperature: 0.7, count: 27, seed }));
  nvae.dispose();
  return grid(joinImages(places.map(([batch, number]) => imageAt(batches[batch - 1]!, number - 1))));
}

describe('nvae cherry', () => {
  test('should save the picks of several batches as one grid, in the order that was typed', async () => {
    const { stdout, stderr } = await cherry(
      ['0.7', '0', '--keep', '4'],
      '1',
      '9',
      '0',
      '0',
      '5',
      '2',
      '4 1 3 2',
    );
    expect(stdout).toBe(`${inFolder('x.png')}\n`);
    const expected = await imagesOf([
      [3, 2],
      [1, 1],
      [3, 5],
      [1, 9],
    ]);
    expect(await pixelsOf(inFolder('x.png'))).toEqual(expected.pixels);
    expect(stderr).toContain('4 of 4 picked: 1 of batch 1, 9 of batch 1, 5 of batch 3, 2 of batch 3\n');
    const shown = [1, 2, 3].map((i) => `x_batch_00${i}.png`);
    expect(await pictures()).toEqual(['x.png', ...shown, 'x_picks.png']);
    for (const name of shown) expect(stderr).toContain(`${inFolder(name)}\n`);
    expect(await sharp(inFolder('x_batch_001.png')).metadata()).toMatchObject({ width: 24, height: 24 });
    const selection = await imagesOf([
      [1, 1],
      [1, 9],
      [3, 5],
      [3, 2],
    ]);
    expect(await pixelsOf(inFolder('x_picks.png'))).toEqual(selection.pixels);
  });

  test('should keep nine where nothing else is said', async () => {
    const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    await cherry(['0.7', '0'], ...nine.map(String), nine.join(' '));
    expect(await pixelsOf(inFolder('x.png'))).toEqual(await pixelsOf(inFolder('x_batch_001.png')));
  });

  test('should take back a pick by its number and by u, and go on after what it does not understand', async () => {
    const input = ['1', '1', 'u', '2', 'u', 'what', '', '11', '3', '5', '1 1', '2 1'];
    const { stderr } = await cherry(['0.7', '0', '--keep', '2'], ...input);
    expect(await pixelsOf(inFolder('x.png'))).toEqual(
      (
        await imagesOf([
          [1, 3],
          [1, 1],
        ])
      ).pixels,
    );
    expect(stderr).toContain(
      'warning: "what" is not a choice; type a number, u, or an order such as 3 1 2\n',
    );
    expect(stderr).toContain('warning: all 2 are picked; choose their order, or undo\n');
    expect(stderr).toContain('warning: the order needs each number from 1 to 2 once (got 1 1)\n');
  });

  test('should show other images for another seed, temperature, and number of iterations', async () => {
    const seen = new Set<string>();
    const args = [
      ['0.7', '0'],
      ['0.7', '0', '--seed', '5'],
      ['0.2', '0'],
      ['0.7,0.2', '0'],
      ['0.7', '4'],
    ];
    for (const each of args) {
      await cherry([...each, '--keep', '1'], '1');
      seen.add((await pixelsOf(inFolder('x.png'))).join());
    }
    expect(seen.size).toBe(args.length);
    await cherry(['0.7', '0', '--seed', '5', '--keep', '1'], '1');
    expect(await pixelsOf(inFolder('x.png'))).toEqual((await imagesOf([[1, 1]], 5)).pixels);
  });

  test('should tell what happens as JSON', async () => {
    const { stdout, stderr } = await cherry(['0.7', '0', '--keep', '2', '--json'], '3', '0', '1', '2 1');
    const picks = [
      { batch: 1, number: 3 },
      { batch: 2, number: 1 },
    ];
    expect(json(stdout)).toEqual([
      { type: 'batch', batch: 1, path: inFolder('x_batch_001.png') },
      { type: 'picks', picks: picks.slice(0, 1), missing: 1 },
      { type: 'batch', batch: 2, path: inFolder('x_batch_002.png') },
      { type: 'picks', picks, missing: 0 },
      { type: 'selection', path: inFolder('x_picks.png') },
      { type: 'cherry', path: inFolder('x.png'), picks, order: [2, 1] },
    ]);
    expect(stderr).toBe('');
  });

  test('should be quiet when asked to, and write no picture that nobody learns of', async () => {
    const { stdout, stderr } = await cherry(['0.7', '0', '--keep', '2', '--quiet'], '3', '12', '1', '2 1');
    expect(stdout).toBe(`${inFolder('x.png')}\n`);
    expect(stderr).toBe('warning: there is no image 12; pick 1 to 9\n');
    expect(await pictures()).toEqual(['x.png']);
  });

  test.each([
    [['1', '0', '5', '1'], '6 of 9 picks and their order are missing'],
    [[], '9 of 9 picks and their order are missing'],
    [['1', '2', '3', '4', '5', '6', '7', '8', '9'], 'the order is missing'],
  ])('should say what is missing where the input ends after %j', async (input, missing) => {
    const message = `cherry: the input ended too early: ${missing}`;
    await expect(cherry(['0.7', '0'], ...input)).rejects.toThrow(message);
    expect(await pictures()).not.toContain('x.png');
  });

  test('should name the right number of temperatures, and refuse files that it cannot write', async () => {
    await expect(cherry(['1,1,1', '0'])).rejects.toThrow('2 latent groups (level 0 first), got 3 values');
    const unknown = runCommand(cherryCommand(), argsOf('0.7', '--out', inFolder('x.pdf')));
    await expect(unknown).rejects.toThrow(/--out: cannot write .* files; use \.png/);
    const engine = await missingEngine();
    if (engine === null) return;
    const args = [model().path, '0.7', '--out', inFolder('x.png'), '--engine', engine];
    await expect(runCommand(cherryCommand(), args)).rejects.toThrow(`engine ${engine}: not usable here`);
  });

  test('should stop at Ctrl-C with exit code 130 and no result', async () => {
    const stdin = new PassThrough();
    const running = runCommand(cherryCommand(), argsOf('0.7', '0', '--out', inFolder('x.png')), stdin);
    stdin.write('1\n');
    await settled(async () => (await pictures()).includes('x_batch_001.png'));
    process.emit('SIGINT', 'SIGINT');
    expect(await running).toMatchObject({ stdout: '', exitCode: 130 });
    expect(await pictures()).toEqual(['x_batch_001.png']);
  });
});

describe('nvae cherry as a process', () => {
  const start = (...args: string[]) =>
    startCli(['cherry', ...argsOf(...args, '--out', 'x.png')], { cwd: inFolder() });

  test('should end when it is done, though its input is still open', async () => {
    const run = start('0.7', '0', '--keep', '2');
    run.child.stdin?.write('1\n2\n2 1\n');
    expect(await run.ended).toMatchObject({ code: 0, stdout: 'x.png\n' });
  });

  test('should fail with exit code 1 where the input ends early', async () => {
    const run = start('0.7', '0');
    run.child.stdin?.end('1\n2\n');
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/nvae: cherry: .*: 7 of 9 picks and their order are missing\n$/);
  });

  test('should end at Ctrl-C with exit code 130', async () => {
    const run = start('0.7', '0');
    await run.shows('batch 1: ');
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 130, stdout: '' });
  });
});
