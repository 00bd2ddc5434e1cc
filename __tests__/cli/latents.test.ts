/** Every option of `nvae explore` and `nvae interpolate`, seen at work. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import sharp from 'sharp';
import { exploreCommand } from '../../src/cli/commands/explore.js';
import { interpolateCommand } from '../../src/cli/commands/interpolate.js';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { png } from '../support/pictures.js';
import { runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();
useModelFile(() => inFolder('small.model'));

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

async function pictureAt(path: string): Promise<Picture> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** The picture that a command writes. */
async function picture(command: () => Command, args: readonly string[]): Promise<Picture> {
  const out = inFolder('out.png');
  const { stdout } = await runCommand(command(), [...args, '--out', out, '--engine', 'native']);
  expect(stdout.trim().split('\n')[0]).toBe(out);
  return pictureAt(out);
}

const refused = (command: () => Command, args: readonly string[]) =>
  runCommand(command(), [...args, '--engine', 'native']).then(
    () => 'not refused',
    (error: Error) => error.message,
  );

describe('nvae explore', () => {
  const explore = (...args: string[]) =>
    picture(exploreCommand, [inFolder('small.model'), '0.7', '2', ...args]);

  test('should show a row per group: the original and its variants', async () => {
    const all = await explore();
    expect([all.width, all.height]).toEqual([72, 16]);
    expect(await explore()).toEqual(all);
    const few = await explore('--variants', '3');
    expect([few.width, few.height]).toEqual([32, 16]);
  });

  test.each([
    ['--seed', ['--seed', '3']],
    ['--variation', ['--variation', '3']],
    ['--difference', ['--difference']],
    ['--statistic', ['--statistic', 'sample']],
    ['--group', ['--group', '1']],
  ])('should obey %s', async (_, args) => {
    expect((await explore(...args)).data.equals((await explore()).data)).toBe(false);
  });

  test('should show no difference where nothing varies', async () => {
    const args = [inFolder('small.model'), '0', '0', '--variation', '0', '--difference', '--group', '0'];
    const { data, width } = await picture(exploreCommand, args);
    for (let row = 0; row < 8; row += 1) {
      expect(
        [...data.subarray(3 * (row * width + 8), 3 * (row + 1) * width)].every((value) => value === 0),
      ).toBe(true);
    }
  });

  test('should show each position of a group at its place', async () => {
    const { width, height } = await explore('--group', '0', '--spatial');
    expect(width).toBe(height);
    expect(width % 8).toBe(0);
  });

  test('should name what it refuses', async () => {
    const model = inFolder('small.model');
    expect(await refused(exploreCommand, [model, '0.7', '0', '--group', '9'])).toContain(
      'group must be an integer from 0 to 1, got 9',
    );
    expect(await refused(exploreCommand, [model, '0.7', '0', '--spatial'])).toContain(
      "option '--spatial' needs --group",
    );
    expect(await refused(exploreCommand, [model, '0.7', '0', '--out', 'x.txt'])).toContain(
      '--out: cannot write ".txt" files; use .png',
    );
  });

  test('should tell a program where the picture is', async () => {
    const out = inFolder('out.png');
    const args = [inFolder('small.model'), '0.7', '0', '--difference', '--out', out, '--engine', 'native'];
    const { stdout } = await runCommand(exploreCommand(), [...args, '--json']);
    expect(JSON.parse(stdout)).toEqual({ type: 'exploration', path: out, groups: [0, 1], amplification: 4 });
    expect((await runCommand(exploreCommand(), [...args, '--quiet'])).stderr).toBe('');
  });
});

describe('nvae interpolate', () => {
  beforeEach(async () => {
    await writeFile(inFolder('a.png'), await png(250, 20, 20, 30, 20));
    await writeFile(
      inFolder('b.jpg'),
      await sharp(await png(20, 20, 250, 9, 40))
        .jpeg()
        .toBuffer(),
    );
  });
  const interpolate = (...args: string[]) =>
    picture(interpolateCommand, [inFolder('small.model'), inFolder('a.png'), inFolder('b.jpg'), ...args]);

  test.each([
    ['one image', [], 3],
    ['none', ['0'], 2],
    ['many', ['20'], 22],
  ])('should put %s between the two', async (_, args, images) => {
    const { width, height, data } = await interpolate(...args);
    expect([width, height]).toEqual([8 * images, 8]);
    expect([...data.subarray(0, 3)]).toEqual([250, 20, 20]);
    const last = [...data.subarray(3 * (width - 1), 3 * width)];
    [20, 20, 250].forEach((value, i) => {
      expect(Math.abs((last[i] ?? 0) - value)).toBeLessThan(4); // JPEG
    });
  });

  test.each([
    ['--seed', ['--seed', '3']],
    ['--no-free-flow', ['--no-free-flow']],
    ['--statistic', ['--statistic', 'sample']],
  ])('should obey %s', async (_, args) => {
    expect((await interpolate('5', ...args)).data.equals((await interpolate('5')).data)).toBe(false);
  });

  test('should write a film of the same frames', async () => {
    await interpolate('5', '--gif');
    const { pages, pageHeight } = await sharp(inFolder('out.gif'), { animated: true }).metadata();
    expect([pages, pageHeight]).toEqual([12, 8]);
  });

  test('should refuse a strip in the place of the film', async () => {
    const args = [inFolder('small.model'), inFolder('a.png'), inFolder('b.jpg'), '1', '--gif'];
    expect(await refused(interpolateCommand, [...args, '--out', inFolder('out.gif')])).toContain(
      '--out: the strip and the GIF of --gif would be the same file (',
    );
  });

  test('should take images of files of many', async () => {
    const of = (name: string) => fileURLToPath(new URL(`../data/fixtures/${name}`, import.meta.url));
    const [model, archive, array] = [inFolder('small.model'), of('archives/plain.zip'), of('arrays/two.npz')];
    const { width, data } = await picture(interpolateCommand, [
      model,
      `${archive}/inner/two.PNG`,
      `${array}/x_train/00001`,
    ]);
    expect(width).toBe(24);
    expect([...data.subarray(0, 3)]).toEqual([15, 199, 7]);
    const message = await refused(interpolateCommand, [model, archive, inFolder('a.png')]);
    expect(message).toContain(`${archive}: not a readable image: it holds many images; name one, such as `);
    const wrong = await refused(interpolateCommand, [model, `${archive}/none.png`, inFolder('a.png')]);
    expect(wrong).toContain(`has no image "none.png"; name one, such as ${archive}/`);
  });

  test('should name an image that is missing or damaged', async () => {
    await writeFile(inFolder('text.png'), 'no image');
    const [model, whole] = [inFolder('small.model'), inFolder('a.png')];
    for (const name of ['text.png', 'nowhere.png']) {
      const message = await refused(interpolateCommand, [model, whole, inFolder(name)]);
      expect(message).toMatch(new RegExp(`${name}: not a readable image: `));
      expect(message).not.toContain('\n');
    }
  });
});
