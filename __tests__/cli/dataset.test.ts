/** Every option of `nvae dataset`, seen at work. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { datasetCommand } from '../../src/cli/commands/dataset.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { png, writePictures } from '../support/pictures.js';
import { runCommand } from '../support/runCommand.js';
import { smallYaml } from '../support/smallYaml.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
beforeEach(() => writePictures(inFolder('photos'), 5));

const run = (args: readonly string[], images = inFolder('photos')) =>
  runCommand(datasetCommand(), [images, ...args]);

async function json(args: readonly string[], images = inFolder('photos')) {
  const { stdout } = await run([...args, '--json'], images);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
}

describe('nvae dataset', () => {
  test('should print a table on standard output', async () => {
    const { stdout, stderr, exitCode } = await run([]);
    expect(stdout).toMatch(
      /^.*photos: 5 images; pixels are those at 10x10\nsizes {10}all 12x10\nformats {8}png 5\n/,
    );
    expect(stderr).toBe('');
    expect(exitCode).toBeUndefined();
  });

  test('should print one object with --json', async () => {
    expect(await json([])).toMatchObject({
      type: 'dataset',
      dataset: inFolder('photos'),
      images: 5,
      stopped: false,
      size: 10,
      formats: [{ format: 'png', images: 5 }],
      oneColour: { images: 5 },
      fits: { configuration: 'demo' },
    });
  });

  test('should take the size of --size, or of --config with its limit of pixels', async () => {
    expect(await json(['--size', '6'])).toMatchObject({ size: 6 });
    expect(await json(['--config', 'digits'])).toMatchObject({ size: 28, damaged: { images: 0 } });
    await writeFile(inFolder('mine.yaml'), smallYaml('max_pixels: 100'));
    expect(await json(['--config', inFolder('mine.yaml')])).toMatchObject({
      size: 8,
      damaged: { images: 5 },
    });
  });

  test('should list --names of what needs attention', async () => {
    for (const name of ['x', 'y', 'z']) await writeFile(inFolder(`photos/${name}.png`), 'not an image');
    expect((await json([])).damaged.first).toHaveLength(3);
    expect((await json(['--names', '1'])).damaged).toMatchObject({ images: 3, first: [{ name: 'x.png' }] });
  });

  test('should fail if none of the images can be decoded, and still say why', async () => {
    await mkdir(inFolder('damaged'));
    await writeFile(inFolder('damaged/one.png'), 'not an image');
    const { stdout, exitCode } = await run([], inFolder('damaged'));
    expect(stdout).toContain('one.png: its content is not an image');
    expect(exitCode).toBe(1);
  });

  test('should describe one image, and files of many', async () => {
    await writeFile(inFolder('one.png'), await png(1, 2, 3));
    expect(await json([], inFolder('one.png'))).toMatchObject({ images: 1 });
    const fixture = (name: string) => fileURLToPath(new URL(`../data/fixtures/${name}`, import.meta.url));
    for (const name of [
      'archives/plain.zip',
      'arrays/grey.npy',
      'records/encoded.tfrecord',
      'records/raw.lmdb',
    ]) {
      expect(await json([], fixture(name))).toMatchObject({ type: 'dataset', damaged: { images: 0 } });
    }
    await expect(run([], inFolder('nowhere'))).rejects.toThrow('give an image or a folder of images');
  });

  test('should refuse an empty path, and a file that is neither an image nor a form of many', async () => {
    await expect(run([], '')).rejects.toThrow('images: the path is empty; give an image or a folder');
    await writeFile(inFolder('photos.tar.bz2'), Buffer.from('BZh91AY&SY\0'));
    for (const others of [[], [inFolder('photos')]]) {
      await expect(run(others, inFolder('photos.tar.bz2'))).rejects.toThrow(
        `${inFolder('photos.tar.bz2')}: its content (bzip2) is none of the forms that are read (zip, `,
      );
    }
  });

  test('should end at once when it is interrupted early', async () => {
    const timer = setInterval(() => process.emit('SIGINT') && clearInterval(timer), 1);
    const { stderr, exitCode } = await run([]);
    clearInterval(timer);
    expect(stderr).toMatch(/^stopping; Ctrl-C again aborts\nstopped/);
    expect(exitCode).toBe(130);
  });

  test('should write a contact sheet of --rows and --columns, by --seed, and say where it is', async () => {
    const sheet = inFolder('sheets/all.png');
    const size = ['--size', '6', '--rows', '2', '--columns', '2'];
    const { stdout } = await run([...size, '--sheet', sheet]);
    expect(stdout.trim().split('\n').at(-1)).toBe(`sheet          ${sheet}`);
    expect(await sharp(sheet).metadata()).toMatchObject({ width: 12, height: 12 });
    const first = await readFile(sheet);
    expect(await json([...size, '--sheet', sheet, '--seed', '4'])).toMatchObject({ images: 5, sheet });
    expect((await readFile(sheet)).equals(first)).toBe(false);
    await expect(run(['--sheet', inFolder('all.txt')])).rejects.toThrow('--sheet: cannot write ".txt" files');
  });

  test('should --pack the images in the size and colours of --config, or of --size and --channels', async () => {
    const out = inFolder('deep/out.npz');
    await writeFile(inFolder('photos/x.png'), 'not an image');
    const { stdout, stderr } = await run(['--config', 'digits', '--pack', out]);
    expect(stdout).toBe(`${out}\n`);
    expect(stderr).toContain('packed 5 images of 28x28, grey: 5 kB');
    expect(stderr).toContain(`warning: ${out}: 1 of 6 images could not be read and are not in it`);
    expect(await json([], out)).toMatchObject({
      images: 5,
      colours: { grey: 5 },
      sizes: { shorterSide: 28 },
    });
    await expect(run(['--size', '4', '--pack', out])).rejects.toThrow(`--pack: ${out} exists; pass --force`);
    const packed = await json(['--size', '4', '--channels', '3', '--pack', out, '--force']);
    expect(packed).toMatchObject({ type: 'packed', path: out, images: 5, skipped: 1, size: 4, channels: 3 });
    expect(await json([], out)).toMatchObject({ colours: { colour: 5 }, sizes: { shorterSide: 4 } });
  });

  test('should make squares as --config does', async () => {
    const yaml = smallYaml('fit: contain, background: "#000000"');
    await writeFile(inFolder('contain.yaml'), yaml);
    expect(await json([])).toMatchObject({ oneColour: { images: 5 } });
    expect(await json(['--config', inFolder('contain.yaml')])).toMatchObject({ oneColour: { images: 0 } });
  });

  test('should refuse options of --pack without it, and --pack without a size', async () => {
    await expect(run(['--force'])).rejects.toThrow("option '--force' is for --pack");
    await expect(run(['--channels', '1'])).rejects.toThrow("option '--channels' is for --pack");
    await expect(run(['--pack', 'out.npz'])).rejects.toThrow("option '--pack' needs the size of the images");
    const out = inFolder('out.zip');
    await expect(run(['--pack', out, '--size', '4'])).rejects.toThrow('use .npz or .tar');
    await expect(run(['--pack', 'out.npz', '--channels', '2'])).rejects.toThrow('Expected 1 or 3');
  });

  test('should refuse wrong values', async () => {
    await expect(run(['--size', '0'])).rejects.toThrow('Expected an integer from 1 to 4096');
    await expect(run(['--size', '4097'])).rejects.toThrow('Expected an integer from 1 to 4096');
    await expect(run(['--names', 'all'])).rejects.toThrow('Expected an integer of at least 1');
    await expect(run(['--config', 'nothing'])).rejects.toThrow('no configuration has this name');
  });
});
