/** Every option of `nvae reconstruct`, `nvae encode` and `nvae decode`, seen at work. */
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import sharp from 'sharp';
import type { Encoding, ImageBatch } from '../../src/base/plainData.js';
import { latentsBetween, openLatents } from '../../src/checkpoint/latents/latentsFile.js';
import { LatentsWriter } from '../../src/checkpoint/latents/latentsWriter.js';
import { readSafetensorsHeader } from '../../src/checkpoint/readSafetensors.js';
import { decodeCommand } from '../../src/cli/commands/decode.js';
import { encodeCommand } from '../../src/cli/commands/encode.js';
import { reconstructCommand } from '../../src/cli/commands/reconstruct.js';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { png } from '../support/pictures.js';
import { type CommandResult, runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();
useModelFile(() => inFolder('small.model'));
useOwnCacheFolder(inFolder);

/** Eleven images of one colour, one of them in a subfolder. */
const names = [...Array.from({ length: 10 }, (_, i) => `${i}.png`), 'more/10.png'];
beforeEach(async () => {
  await mkdir(inFolder('photos', 'more'), { recursive: true });
  for (const [i, name] of names.entries()) {
    await writeFile(inFolder('photos', name), await png(20 * i, 255 - 20 * i, 90, 10 + i, 12));
  }
});

const run = (command: () => Command, args: readonly string[]): Promise<CommandResult> =>
  runCommand(command(), [inFolder('small.model'), ...args, '--engine', 'native']);
const paths = async (command: () => Command, ...args: string[]): Promise<string[]> =>
  (await run(command, args)).stdout.trim().split('\n');
const refused = (command: () => Command, ...args: string[]) =>
  run(command, args).then(
    () => 'not refused',
    (error: Error) => error.message,
  );

async function pictureAt(path: string): Promise<ImageBatch> {
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { pixels: new Uint8Array(data), shape: [1, info.height, info.width, 3] };
}

/** The tile of a picture at a column and a row. */
function tile({ pixels, shape }: ImageBatch, column: number, row: number): Uint8Array {
  const lines = Array.from({ length: 8 }, (_, y) => {
    const begin = ((8 * row + y) * shape[2] + 8 * column) * 3;
    return pixels.subarray(begin, begin + 24);
  });
  return new Uint8Array(Buffer.concat(lines));
}

const colourOf = (i: number) =>
  new Uint8Array(Array.from({ length: 64 }, () => [20 * i, 255 - 20 * i, 90]).flat());
const files = async (folder: string) =>
  (await readdir(inFolder(folder), { recursive: true })).filter((name) => /\.\w+$/.test(name)).sort();

describe('nvae reconstruct', () => {
  const photos = () => inFolder('photos');

  test('should show a few images above their reconstructions, the same for the same seed', async () => {
    const picture = async (...args: string[]) => {
      const [path = ''] = await paths(reconstructCommand, photos(), ...args, '--out', inFolder('x.png'));
      return pictureAt(path);
    };
    const first = await picture();
    expect(first.shape).toEqual([1, 16, 64, 3]);
    for (let i = 0; i < 8; i += 1) {
      expect(tile(first, i, 0)).toEqual(colourOf(i));
      expect(tile(first, i, 1)).not.toEqual(colourOf(i));
    }
    expect(await picture('--seed', '0', '--batch', '3')).toEqual(first);
    for (const other of [
      ['--seed', '1'],
      ['--latents', 'mean'],
      ['--no-free-flow'],
      ['--statistic', 'sample'],
    ]) {
      expect(await picture(...other)).not.toEqual(first);
    }
  });

  test('should lay out --rows, --columns and --count', async () => {
    const args = [photos(), '--rows', '2', '--columns', '3', '--count', 'all', '--out', inFolder('x.png')];
    const written = await paths(reconstructCommand, ...args);
    expect(written).toEqual([inFolder('x_1.png'), inFolder('x_2.png')]);
    const [one, two] = await Promise.all(written.map(pictureAt));
    expect([one?.shape, two?.shape]).toEqual([
      [1, 32, 24, 3],
      [1, 32, 24, 3],
    ]);
    expect(tile(one!, 2, 2)).toEqual(colourOf(5));
    expect(tile(two!, 1, 2)).toEqual(colourOf(10));
    expect(tile(two!, 2, 3)).toEqual(new Uint8Array(192));
    const few = await paths(reconstructCommand, photos(), '--count', '2', '--out', inFolder('y.png'));
    expect((await pictureAt(few[0] ?? '')).shape).toEqual([1, 16, 16, 3]);
    const single = await paths(reconstructCommand, inFolder('photos', '4.png'), '--out', inFolder('z.png'));
    expect(tile(await pictureAt(single[0] ?? ''), 0, 0)).toEqual(colourOf(4));
  });

  test('should write a file per image, those of the grid, and pairs', async () => {
    const [grid = ''] = await paths(reconstructCommand, photos(), '--out', inFolder('x.png'));
    const each = await paths(reconstructCommand, photos(), '--separate', '--out', inFolder('each/'));
    expect(each).toEqual(names.map((name) => inFolder('each', name)));
    const whole = await pictureAt(grid);
    expect((await pictureAt(each[3] ?? '')).pixels).toEqual(tile(whole, 3, 1));
    const pairs = await paths(
      reconstructCommand,
      photos(),
      '--separate',
      '--pairs',
      '--batch',
      '4',
      '--out',
      inFolder('p/'),
    );
    const pair = await pictureAt(pairs[3] ?? '');
    expect(pair.shape).toEqual([1, 8, 16, 3]);
    expect([tile(pair, 0, 0), tile(pair, 1, 0)]).toEqual([colourOf(3), tile(whole, 3, 1)]);
    const numbered = await paths(
      reconstructCommand,
      photos(),
      '--separate',
      '--count',
      '3',
      '--out',
      inFolder('n_%02d.webp'),
    );
    expect(numbered).toEqual(['01', '02', '03'].map((i) => inFolder(`n_${i}.webp`)));
  });

  test('should skip a damaged image with a warning, and fail if there is no other', async () => {
    await writeFile(inFolder('photos', '1.png'), 'no image');
    const out = ['--out', inFolder('x.png')];
    const { stderr } = await run(reconstructCommand, [photos(), ...out]);
    expect(stderr).toMatch(/warning: .*1\.png: skipped: /);
    const { shape } = await pictureAt(inFolder('x.png'));
    expect(shape).toEqual([1, 16, 56, 3]);
    await rm(inFolder('x.png'));
    expect(await refused(reconstructCommand, inFolder('photos', '1.png'), ...out)).toMatch(
      /1\.png: no image could be read/,
    );
    expect(await readdir(inFolder())).not.toContain('x.png');
  });

  test('should tell a program what it writes, and name what it refuses', async () => {
    const args = [photos(), '--separate', '--count', '2', '--out', inFolder('o/'), '--json'];
    const { stdout, stderr } = await run(reconstructCommand, args);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: 'picture', path: inFolder('o', '0.png'), image: '0.png' },
      { type: 'picture', path: inFolder('o', '1.png'), image: '1.png' },
      { type: 'reconstructions', pictures: 2, images: 2, binarized: 'none', interrupted: false },
    ]);
    expect(stderr).toBe('');
    expect((await run(reconstructCommand, [photos(), '--quiet', '--folder', inFolder()])).stdout.trim()).toBe(
      inFolder('images', 'small_reconstruction.png'),
    );
    expect(await refused(reconstructCommand, photos(), '--pairs')).toContain(
      "option '--pairs' needs --separate",
    );
    expect(await refused(reconstructCommand, photos(), '--count', '0')).toContain(
      'an integer of at least 1, or all',
    );
    expect(await refused(reconstructCommand, inFolder('nowhere'))).toContain(
      'nowhere: folder does not exist; give an image or a folder of images',
    );
  });
});

describe('nvae encode and nvae reconstruct', () => {
  test.each([
    ['archives/plain.zip', ['a folder/long', 'inner/deep/Größe 三', 'inner/two', 'one']],
    ['arrays/two.npz/x_train', ['00000', '00001', '00002']],
    ['records/encoded.tfrecord.gz', ['00000', '00001', '00002']],
  ])('should read %s as nvae train does', async (name, stems) => {
    const path = fileURLToPath(new URL(`../data/fixtures/${name}`, import.meta.url));
    const out = inFolder('latents.safetensors');
    await run(encodeCommand, [path, '--out', out]);
    const file = await openLatents(out);
    expect(file.images).toBe(file.names?.length);
    const each = await paths(reconstructCommand, path, '--separate', '--pairs', '--out', inFolder('each/'));
    expect(each).toHaveLength(file.images);
    for (const stem of stems) expect(each.some((one) => one.startsWith(inFolder('each', stem)))).toBe(true);
    // the originals of a grid are the images in their order
    const [grid = ''] = await paths(reconstructCommand, path, '--out', inFolder('grid.png'));
    const shown = await pictureAt(grid);
    expect(tile(shown, 1, 0)).toEqual(tile(await pictureAt(each[1] ?? ''), 0, 0));
    expect((await paths(encodeCommand, path, '--count', '2', '--out', inFolder('two/'))).length).toBe(2);
  });
});

describe('nvae encode and nvae decode', () => {
  const file = () => inFolder('photos.safetensors');
  const encode = (...args: string[]) => paths(encodeCommand, inFolder('photos'), ...args);

  test('should give the pictures of nvae reconstruct, bit for bit, with any batch size', async () => {
    for (const args of [[], ['--latents', 'mean', '--seed', '3'], ['--no-free-flow']]) {
      await rm(inFolder('there'), { recursive: true, force: true });
      await rm(inFolder('back'), { recursive: true, force: true });
      expect(await encode('--out', file(), '--batch', '4', ...args)).toEqual([file()]);
      const back = await paths(decodeCommand, file(), '--batch', '5', '--out', inFolder('back/'));
      expect(back).toEqual(names.map((name) => inFolder('back', name)));
      await paths(reconstructCommand, inFolder('photos'), '--separate', '--out', inFolder('there/'), ...args);
      for (const name of names) {
        expect(await pictureAt(inFolder('back', name))).toEqual(await pictureAt(inFolder('there', name)));
      }
    }
  });

  test('should write one file for all, with what a reader needs to know', async () => {
    await encode('--out', file(), '--latents', 'mean', '--seed', '7');
    const { metadata, tensors } = await readSafetensorsHeader(file());
    expect([...tensors.keys()]).toEqual(['latent.0', 'latent.1']);
    expect(JSON.parse(metadata.get('names') ?? '')).toEqual(names);
    expect(JSON.parse(metadata.get('config') ?? '')).toMatchObject({ inputDimension: 8, latentSize: 2 });
    const told = ['model', 'latents', 'seed', 'free_flow'].map((key) => metadata.get(key));
    expect(told).toEqual(['small.model', 'mean', '7', 'true']);
    expect((await readdir(inFolder())).sort()).toEqual(['photos', 'photos.safetensors', 'small.model']);
  });

  test('should write a file per image, and read all of them', async () => {
    await encode('--out', file());
    const written = await encode('--out', inFolder('latents/'), '--batch', '4');
    expect(await files('latents')).toEqual(names.map((name) => name.replace('.png', '.safetensors')).sort());
    const all = await openLatents(file());
    const single = await openLatents(written[3] ?? '');
    expect(await latentsBetween(single, 0, 1)).toEqual(await latentsBetween(all, 3, 4));
    await paths(decodeCommand, inFolder('latents'), '--out', inFolder('a/'));
    await paths(decodeCommand, file(), '--out', inFolder('b/'));
    for (const name of names) {
      expect(await pictureAt(inFolder('a', name))).toEqual(await pictureAt(inFolder('b', name)));
    }
  });

  test('should keep pictures of before, take --statistic, and stay in its folder', async () => {
    await encode('--out', file(), '--count', '2');
    const { images } = await openLatents(file());
    expect(images).toBe(2);
    const decoded = ['--folder', inFolder()];
    expect(await paths(decodeCommand, file(), ...decoded)).toEqual([
      inFolder('images', 'photos_decoded', '0.png'),
      inFolder('images', 'photos_decoded', '1.png'),
    ]);
    const [second = ''] = await paths(decodeCommand, file(), ...decoded, '--statistic', 'sample');
    expect(second).toBe(inFolder('images', 'photos_decoded-2', '0.png'));
    const mean = await pictureAt(inFolder('images', 'photos_decoded', '0.png'));
    expect(await pictureAt(second)).not.toEqual(mean);
    const [third = ''] = await paths(
      decodeCommand,
      file(),
      ...decoded,
      '--statistic',
      'sample',
      '--seed',
      '1',
    );
    expect(await pictureAt(third)).not.toEqual(await pictureAt(second));

    const { latents }: Encoding = await latentsBetween(await openLatents(file()), 0, 2);
    const writer = new LatentsWriter(inFolder('evil.safetensors'));
    writer.add({ names: ['../../a.png', '/a.png'], latents });
    await writer.finish(new AbortController().signal);
    writer.discard();
    const out = inFolder('safe', 'inner');
    expect(await paths(decodeCommand, inFolder('evil.safetensors'), '--out', `${out}/`)).toEqual([
      join(out, 'a.png'),
      join(out, 'a-2.png'),
    ]);
    expect(await readdir(inFolder('safe'))).toEqual(['inner']);
  });

  test('should tell a program what they write', async () => {
    const { stdout, stderr } = await run(encodeCommand, [inFolder('photos'), '--out', file(), '--json']);
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(lines(stdout)).toEqual([
      { type: 'latents', path: file(), images: 11, named: true },
      { type: 'encodings', files: 1, images: 11, binarized: 'none', interrupted: false },
    ]);
    expect(stderr).toBe('');
    const decoded = await run(decodeCommand, [file(), '--out', inFolder('d/'), '--json']);
    expect(lines(decoded.stdout).slice(-2)).toEqual([
      { type: 'picture', path: inFolder('d', 'more', '10.png'), image: 'more/10.png' },
      { type: 'decodings', pictures: 11, interrupted: false },
    ]);
    expect((await run(encodeCommand, [inFolder('photos'), '--out', file(), '--quiet'])).stderr).toBe('');
  });

  test('should name what they refuse, and write nothing then', async () => {
    await encode('--out', file(), '--count', '1');
    expect(await refused(encodeCommand, inFolder('photos'))).toContain("required option '--out <path>'");
    expect(await refused(encodeCommand, inFolder('photos'), '--out', inFolder('x.png'))).toMatch(
      /^--out: cannot write "\.png" files; use \.safetensors, or end a folder in/,
    );
    await copyFile(inFolder('small.model'), inFolder('other.safetensors'));
    expect(await refused(decodeCommand, inFolder('other.safetensors'), '--out', inFolder('d/'))).toContain(
      'other.safetensors: has no tensor "latent.0"; write such a file with nvae encode',
    );
    const writer = new LatentsWriter(inFolder('wrong.safetensors'));
    const [first] = (await latentsBetween(await openLatents(file()), 0, 1)).latents;
    writer.add({ names: ['a'], latents: [first!, first!] });
    await writer.finish(new AbortController().signal);
    writer.discard();
    expect(await refused(decodeCommand, inFolder('wrong.safetensors'), '--out', inFolder('d/'))).toMatch(
      /wrong\.safetensors: "latent\.1": expected \[1,.*\] for the model .*small\.model, got \[1,/,
    );
    await mkdir(inFolder('empty'));
    expect(await refused(decodeCommand, inFolder('empty'))).toContain('empty: no .safetensors files found');
    expect(await refused(encodeCommand, inFolder('empty'), '--out', inFolder('y.safetensors'))).toMatch(
      /empty: no images found .*; give an image or a folder of images/,
    );
    expect(await readdir(inFolder())).not.toContain('y.safetensors');
  });
});
