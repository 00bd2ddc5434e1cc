import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { take } from 'rxjs';
import { DatasetError } from '../../../src/data/datasetError.js';
import { images } from '../../../src/streams/images/images.js';
import { collect, pause } from '../../support/collect.js';
import { writePictures } from '../../support/pictures.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const names = async () => (await collect(images(inFolder()))).map(({ name }) => name);
const touch = async (...files: string[]) => {
  for (const name of files) await writeFile(inFolder(name), name);
};

describe('images', () => {
  test('should find images in nested folders, in a stable order, and nothing else', async () => {
    await writePictures(inFolder('b'), 2);
    await writePictures(inFolder(), 1);
    await mkdir(inFolder('c.png'));
    await promisify(execFile)('mkfifo', [inFolder('pipe.png')]);
    await symlink('loop.png', inFolder('loop.png'));
    await touch('notes.txt', '.hidden.png', 'png', 'a.png.txt');
    expect(await names()).toEqual(['00.png', 'b/00.png', 'b/01.png']);
  });

  test('should pass over hidden folders, and follow links to files', async () => {
    await writePictures(inFolder('.cache'), 1);
    await touch('a.png');
    await symlink('a.png', inFolder('b.png'));
    expect(await names()).toEqual(['a.png', 'b.png']);
  });

  test('should know extensions in any case', async () => {
    await touch('a.JPG', 'b.jpeg', 'c.Png', 'd.webp', 'e.tif', 'f.mp4', 'g');
    expect(await names()).toEqual(['a.JPG', 'b.jpeg', 'c.Png', 'd.webp', 'e.tif']);
  });

  test('should order names by their bytes, whatever order and language the system has', async () => {
    const files = ['10.png', '9.png', 'B.png', 'a.png', 'b.png', 'ä.png'];
    await touch(...[...files].reverse());
    await mkdir(inFolder('a'));
    await touch('a/c.png', 'a-b.png');
    const inOrder = ['10.png', '9.png', 'B.png', 'a-b.png', 'a.png', 'a/c.png', 'b.png', 'ä.png'];
    expect(await names()).toEqual(inOrder);
  });

  test('should give more files than it asks for at a time, in order', async () => {
    const files = Array.from({ length: 100 }, (_, i) => `${100 + i}.png`);
    await touch(...files);
    expect(await names()).toEqual(files);
  });

  test('should tell size and time without reading', async () => {
    await touch('a.png');
    await chmod(inFolder('a.png'), 0);
    const { mtimeMs } = await stat(inFolder('a.png'));
    const version = `5/${mtimeMs}`;
    const file = { path: inFolder('a.png'), name: 'a.png', version, bytes: 5, modified: mtimeMs };
    expect(await collect(images(inFolder()))).toEqual([file]);
  });

  test('should read the folder at each subscription and not before', async () => {
    const stream = images(inFolder('later'));
    await expect(collect(stream)).rejects.toBeInstanceOf(DatasetError);
    await writePictures(inFolder('later'), 1);
    expect(await collect(stream)).toHaveLength(1);
    await rm(inFolder('later', '00.png'));
    await expect(collect(stream)).rejects.toThrow('no images found');
  });

  test('should warn once at each subscription of what it leaves out', async () => {
    await touch('a.png', 'b.bmp');
    const warnings: string[] = [];
    const stream = images(inFolder(), { onWarning: (message) => warnings.push(message) });
    for (let i = 0; i < 2; i += 1) await collect(stream);
    expect(warnings).toEqual(
      Array(2).fill(
        expect.stringContaining('left out 1 image (b.bmp): BMP (1) cannot be read here, convert it'),
      ),
    );
  });

  test('should give nothing after an unsubscribe', async () => {
    await touch('a.png', 'b.png');
    const seen: unknown[] = [];
    const note = { next: (file: unknown) => seen.push(file), error: (error: unknown) => seen.push(error) };
    images(inFolder()).subscribe(note).unsubscribe();
    images(inFolder('no')).subscribe(note).unsubscribe();
    await pause(20);
    expect(seen).toEqual([]);
    expect(await collect(images(inFolder()).pipe(take(1)))).toHaveLength(1);
  });
});
