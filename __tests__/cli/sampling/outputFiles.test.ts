import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { outputFiles } from '../../../src/cli/sampling/outputFiles.js';
import { canMount, tmpfs } from '../../support/disks.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

/** The paths of some files of so many, below the test's folder. */
async function paths(out: string, count: number, ...indices: number[]): Promise<string[]> {
  const pathOf = await outputFiles(inFolder() + out, { name: 'demo_t0.7', count });
  return indices.map((index) => pathOf(index).slice(inFolder().length));
}

describe('outputFiles', () => {
  test.each([
    ['a file', '/x.png', 1, ['/x.png']],
    ['several files', '/x.webp', 3, ['/x_1.webp', '/x_2.webp', '/x_3.webp']],
    ['a new folder', '/new', 1, ['/new/demo_t0.7.png']],
    ['a new folder with a dot', '/v1.2/', 2, ['/v1.2/demo_t0.7_1.png', '/v1.2/demo_t0.7_2.png']],
    ['a pattern', '/img%d.png', 2, ['/img1.png', '/img2.png']],
    ['a pattern with zeros', '/a/%04d-x.jpg', 2, ['/a/0001-x.jpg', '/a/0002-x.jpg']],
    ['a pattern for one file', '/img%02d.PNG', 1, ['/img01.PNG']],
  ])('should name %s', async (_, out, count, expected) => {
    expect(await paths(out, count, ...expected.keys())).toEqual(expected);
  });

  test('should pad numbers so that names sort', async () => {
    expect(await paths('/x.png', 10_000, 0, 98, 9999)).toEqual([
      '/x_00001.png',
      '/x_00099.png',
      '/x_10000.png',
    ]);
  });

  test('should write into a folder that is there, whatever its name', async () => {
    await mkdir(inFolder('there.png'));
    expect(await paths('/there.png', 1, 0)).toEqual(['/there.png/demo_t0.7.png']);
  });

  test('should keep what is there where the name is not the person’s, and write over what is', async () => {
    await mkdir(inFolder('images'));
    for (const name of ['demo_t0.7.png', 'demo_t0.7-2.png', 'demo_t0.7_3.png', 'x.png']) {
      await writeFile(inFolder('images', name), '');
    }
    expect(await paths('/images', 1, 0)).toEqual(['/images/demo_t0.7-3.png']);
    expect(await paths('/images', 3, 0, 2)).toEqual([
      '/images/demo_t0.7-2_1.png',
      '/images/demo_t0.7-2_3.png',
    ]);
    expect(await paths('/images', 2, 0)).toEqual(['/images/demo_t0.7_1.png']);
    expect(await paths('/images/x.png', 1, 0)).toEqual(['/images/x.png']);
    await writeFile(inFolder('images', 'strip.gif'), '');
    const folder = inFolder('images');
    const pathOf = await outputFiles(undefined, { name: 'strip', count: 1, folder, beside: '.gif' });
    expect(pathOf(0)).toBe(inFolder('images', 'strip-2.png'));
  });

  test('should take %d for a number in --out only, not in the name of a model', async () => {
    const folder = inFolder('images');
    const named = (name: string, count: number) => outputFiles(undefined, { name, count, folder });
    expect((await named('my cfg %d_t0.7', 1))(0)).toBe(inFolder('images', 'my cfg %d_t0.7.png'));
    expect((await named('my cfg %04d_t0.7', 2))(1)).toBe(inFolder('images', 'my cfg %04d_t0.7_2.png'));
  });

  test('should cut a name that leaves a file system no room', async () => {
    const pathOf = await outputFiles(undefined, { name: '日'.repeat(200), count: 1, folder: inFolder() });
    await writeFile(pathOf(0), '');
    expect(pathOf(0)).toBe(inFolder(`${'日'.repeat(60)}.png`));
  });

  test('should make the folder, and leave nothing else', async () => {
    await paths('/a/b/x.png', 1, 0);
    expect(await readdir(inFolder('a', 'b'))).toEqual([]);
  });

  test('should refuse formats that cannot be written, and a place that is no folder', async () => {
    await expect(paths('/x.pdf', 1)).rejects.toThrow(
      '--out: cannot write ".pdf" files; use .png, .webp, .jpg, .jpeg, .avif, .tif, .tiff, .gif, or end a folder in /',
    );
    await writeFile(inFolder('file'), '');
    await expect(paths('/file', 1)).rejects.toThrow('--out: no file extension in');
    await expect(paths('/file/x.png', 1)).rejects.toThrow(
      `--out: cannot write to the folder ${inFolder('file')}`,
    );
    await expect(access(inFolder('x.pdf'))).rejects.toThrow();
  });

  (canMount ? test : test.skip)('should refuse a disk that is read-only', async () => {
    const disk = tmpfs(inFolder('disk'), 1e6);
    try {
      disk.protect();
      await expect(paths('/disk/x.png', 1)).rejects.toThrow(/cannot write to the folder .*EROFS/);
    } finally {
      disk.unmount();
    }
  });

  test('should refuse an empty name', async () => {
    await expect(outputFiles('', { name: 'a', count: 1 })).rejects.toThrow('--out: the path is empty');
  });
});
