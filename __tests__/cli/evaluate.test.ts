/** Every option of `nvae evaluate`, seen at work. */
import { mkdir, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { evaluateCommand } from '../../src/cli/commands/evaluate.js';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { writePictures } from '../support/pictures.js';
import { runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();
const model = useModelFile(() => inFolder('small.model'));
beforeEach(() => writePictures(inFolder('photos'), 5));

const run = (args: readonly string[], images = inFolder('photos')) =>
  runCommand(evaluateCommand(), [model().path, images, ...args, '--engine', 'native']);
async function json(args: readonly string[]) {
  const { stdout } = await run([...args, '--json']);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

describe('nvae evaluate', () => {
  test('should print a table on standard output, and the rest elsewhere', async () => {
    const { stdout, stderr, exitCode } = await run([]);
    expect(stdout).toMatch(
      /^ +nats per image +bits\/dim\nnegative ELBO +[\d,.]+ ± [\d.]+ +[\d.]+ ± [\d.]+\n/,
    );
    expect(stdout).toMatch(/^5 images, [\d.,]+ images\/s;/m);
    expect(stderr).toContain('engine native');
    expect(exitCode).toBeUndefined();
  });

  test('should print one object with --json', async () => {
    const result = await json([]);
    expect(result).toMatchObject({
      type: 'evaluation',
      model: model().path,
      dataset: inFolder('photos'),
      images: 5,
      skipped: 0,
      stopped: false,
      samples: 1,
      bitsPerDimension: { mean: expect.any(Number), standardError: expect.any(Number) },
    });
    expect(result.groups).toHaveLength(2);
  });

  test('should draw --samples per image, from the numbers of --seed, of --count images', async () => {
    const [one, many, other] = [await json([]), await json(['--samples', '20']), await json(['--seed', '3'])];
    const bound = ({ importanceWeightedMass }: typeof one) => importanceWeightedMass.mean;
    expect(many.samples).toBe(20);
    expect(bound(many)).toBeLessThan(bound(one));
    expect(many.effectiveSamplesMass.mean).toBeGreaterThan(1);
    expect(bound(other)).not.toBe(bound(one));
    expect(await json(['--count', '2'])).toMatchObject({ images: 2, total: 2 });
    const { stdout } = await run(['--samples', '20', '--quiet']);
    expect(stdout).toContain('bound from 20 draws');
  });

  test('should give the same numbers for any --batch', async () => {
    const [two, five] = [await json(['--batch', '2']), await json(['--batch', '5'])];
    expect(two.negativeElboMass.mean / five.negativeElboMass.mean).toBeCloseTo(1, 6);
  });

  test('should skip what is damaged with a warning, and refuse a folder without a usable image', async () => {
    await mkdir(inFolder('damaged'));
    await writeFile(inFolder('damaged/one.png'), 'not an image');
    await expect(run([], inFolder('damaged'))).rejects.toThrow(
      `${inFolder('damaged')}: none of its images could be read (1); see the warnings`,
    );
    await writeFile(inFolder('photos/zero.png'), 'not an image');
    const { stdout, stderr } = await run([]);
    expect(stderr).toMatch(/warning: .*zero\.png: skipped: its content is not an image/);
    expect(stdout).toMatch(/^5 images, 1 skipped,/m);
  });

  test('should evaluate a single image, and say what to give instead of nothing', async () => {
    const { stdout } = await run(['--json'], inFolder('photos/00.png'));
    expect(JSON.parse(stdout)).toMatchObject({ images: 1, kl: { standardError: null } });
    await expect(run([], inFolder('nowhere'))).rejects.toThrow('give an image or a folder of images');
  });

  test('should evaluate the files of a list, also on standard input', async () => {
    const paths = ['00.png', '03.png'].map((name) => inFolder('photos', name));
    const list = `${paths.join('\n')}\n`;
    await writeFile(inFolder('list.txt'), list);
    const { stdout } = await run(['--json'], inFolder('list.txt'));
    expect(JSON.parse(stdout)).toMatchObject({ images: 2, total: 2 });
    const args = [model().path, '-', '--engine', 'native', '--json'];
    const piped = await runCommand(evaluateCommand(), args, Readable.from([Buffer.from(list)]));
    const { kl } = JSON.parse(stdout);
    expect(JSON.parse(piped.stdout)).toMatchObject({ dataset: '-', images: 2, kl });
    await expect(run([], '-')).rejects.toThrow('standard input: it is empty; pipe a list of paths');
  });

  test('should evaluate several datasets and images as one', async () => {
    await writePictures(inFolder('more'), 2);
    const paths = [inFolder('photos'), inFolder('more', '01.png'), inFolder('photos', '02.png')];
    const args = [model().path, ...paths, '--engine', 'native', '--json'];
    const { stdout } = await runCommand(evaluateCommand(), args);
    expect(JSON.parse(stdout)).toMatchObject({ dataset: paths, images: 7, total: 7 });
    const twice = [model().path, inFolder('photos'), inFolder('photos'), '--engine', 'native'];
    await expect(runCommand(evaluateCommand(), twice)).rejects.toThrow('two datasets have the name "');
  });

  test('should refuse numbers that are none', async () => {
    await expect(run(['--samples', '0'])).rejects.toThrow('Expected an integer of at least 1');
    await expect(run(['--batch', 'many'])).rejects.toThrow('Expected an integer of at least 1');
  });
});
