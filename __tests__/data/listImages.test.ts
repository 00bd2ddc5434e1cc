/** What a folder of the real world holds besides images: links, names of other encodings, what cannot be read. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { DatasetError } from '../../src/data/datasetError.js';
import { listImages } from '../../src/data/listImages.js';
import { writePictures } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const touch = (...files: string[]) => Promise.all(files.map((name) => writeFile(inFolder(name), name)));

async function listed(folder = inFolder('data'), options = {}) {
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const files = await listImages(folder, { onWarning, ...options });
  return { names: files.map(({ name }) => name), files, warnings };
}
const refused = async (folder: string) => {
  const error: unknown = await listImages(folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatasetError);
  return (error as DatasetError).message.replace(`${folder}: `, '');
};

describe('links', () => {
  test('to folders should be followed, those that lead back not, and all be told in one warning', async () => {
    await writePictures(inFolder('store/cats'), 3);
    await mkdir(inFolder('data'));
    await symlink('../store/cats', inFolder('data/cats'));
    await symlink('..', inFolder('data/loop'));
    await symlink('.', inFolder('data/self'));
    for (const i of [1, 2, 3, 4]) await symlink('/nowhere/x.png', inFolder(`data/x${i}.png`));
    await symlink('round.png', inFolder('data/round.png'));
    await writePictures(inFolder('data'), 1);
    const { names, warnings } = await listed();
    expect(names).toEqual(['00.png', 'cats/00.png', 'cats/01.png', 'cats/02.png']);
    expect(warnings).toEqual([
      `${inFolder('data')}: left out 5 dangling links (round.png, x1.png, x2.png, ...); ` +
        '2 links to parent folders (loop, self)',
    ]);
  });

  test('to one folder by several ways should be read once, under the name that is no link', async () => {
    await writePictures(inFolder('data/dogs'), 2);
    await symlink('dogs', inFolder('data/a'));
    await symlink('dogs', inFolder('data/z'));
    const { names, warnings } = await listed();
    expect(names).toEqual(['dogs/00.png', 'dogs/01.png']);
    expect(warnings).toEqual([expect.stringContaining('2 folders linked more than once (a, z)')]);
  });

  test('that double at every level should not take for ever', async () => {
    await mkdir(inFolder('data'));
    for (let i = 0; i < 15; i += 1) {
      await mkdir(inFolder(`store${i}`));
      for (const way of ['l', 'r']) await symlink(`../store${i + 1}`, inFolder(`store${i}/${way}`));
    }
    await writePictures(inFolder('store15'), 1);
    await symlink('../store0', inFolder('data/way'));
    expect((await listed()).names).toHaveLength(1);
  });

  test('that are the dataset itself should be followed', async () => {
    await writePictures(inFolder('store'), 1);
    await symlink('store', inFolder('data'));
    expect((await listed()).names).toEqual(['00.png']);
  });
});

describe('names that are no UTF-8', () => {
  const bytes = (path: string, ...rest: number[]) => Buffer.concat([Buffer.from(path), Buffer.from(rest)]);
  // Not every file system takes them.
  const it = process.platform === 'linux' ? test : test.skip;

  it('should be read as bytes, told with escapes, and stay apart', async () => {
    await writePictures(inFolder('data'), 1);
    const folder = bytes(inFolder('data/Caf'), 0xe9);
    await mkdir(folder);
    for (const last of [0xe9, 0xe8]) {
      const path = Buffer.concat([folder, Buffer.from('/'), Buffer.from([last]), Buffer.from('.png')]);
      await writeFile(path, String(last));
    }
    const { names, files, warnings } = await listed();
    expect(names).toEqual(['00.png', 'Caf\\xE9/\\xE8.png', 'Caf\\xE9/\\xE9.png']);
    expect(warnings).toEqual([]);
    expect(await readFile(files[1]!.pathBytes!, 'utf8')).toBe(String(0xe8));
    expect(await readFile(files[2]!.pathBytes!, 'utf8')).toBe(String(0xe9));
    expect(files[0]).not.toHaveProperty('pathBytes');
  });

  it('should be found where the dataset itself has one and an argument has lost its bytes', async () => {
    const folder = bytes(inFolder('Caf'), 0xe9);
    await mkdir(folder);
    await writeFile(Buffer.concat([folder, Buffer.from('/a.png')]), 'text');
    const { files } = await listed(inFolder('Caf\uFFFD'));
    expect(files.map(({ name }) => name)).toEqual(['a.png']);
    expect(await readFile(files[0]!.pathBytes!, 'utf8')).toBe('text');
    await mkdir(bytes(inFolder('Caf'), 0xe8));
    expect(await refused(inFolder('Caf\uFFFD'))).toMatch(/^folder does not exist/);
  });
});

describe('what cannot be read', () => {
  const isRoot = process.getuid?.() === 0;
  // Root may read all there is.
  const it = isRoot ? test.skip : test;

  it('should be left out, with one warning', async () => {
    await writePictures(inFolder('data/whole'), 2);
    await mkdir(inFolder('data/lost+found'), { mode: 0 });
    const { names, warnings } = await listed();
    expect(names).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining('1 folder that cannot be read (lost+found: EACCES)')]);
    await chmod(inFolder('data/lost+found'), 0o700);
  });

  test('by anybody, such as a folder too deep for the system, should be left out likewise', async () => {
    await writePictures(inFolder('data'), 1);
    const chain = Array(10).fill('d'.repeat(250)).join('/');
    await mkdir(inFolder('data', chain), { recursive: true });
    await mkdir(inFolder('more', chain), { recursive: true });
    await rename(inFolder('more'), inFolder('data', chain, 'more'));
    const { names, warnings } = await listed();
    expect(names).toEqual(['00.png']);
    expect(warnings).toEqual([
      expect.stringMatching(/1 folder that cannot be read \(d+\.\.\.: ENAMETOOLONG\)/),
    ]);
    await promisify(execFile)('rm', ['-rf', inFolder('data')]);
  });

  test('should never be opened where it is a pipe', async () => {
    await writePictures(inFolder('data'), 1);
    await promisify(execFile)('mkfifo', [inFolder('data/pipe.png')]);
    await symlink('pipe.png', inFolder('data/way.png'));
    const { names, warnings } = await listed();
    expect(names).toEqual(['00.png']);
    expect(warnings).toEqual([expect.stringContaining('2 pipes, sockets or devices (pipe.png, way.png)')]);
  });
});

describe('formats', () => {
  test('should be all that the installed sharp reads, in any case', async () => {
    await mkdir(inFolder('data'));
    const names = ['a.jfif', 'b.JPE', 'c.Avif', 'd.apng', 'e.SVG', 'f.webp'];
    await touch(...names.map((name) => `data/${name}`));
    expect((await listed()).names).toEqual(names);
  });

  test('that cannot be read should be counted beside others, and refused by name where nothing else is', async () => {
    await mkdir(inFolder('data'));
    await touch('data/a.bmp', 'data/b.BMP', 'data/c.heic', 'data/notes.txt');
    expect(await refused(inFolder('data'))).toMatch(
      /^no images found \(apng, avif, gif, .*svg, tif, tiff, webp\); left out 3 images \(a\.bmp, b\.BMP, c\.heic\): BMP \(2\), HEIC \(1\) cannot be read here, convert them to PNG or JPEG$/,
    );
    await writePictures(inFolder('data'), 1);
    const { names, warnings } = await listed();
    expect(names).toEqual(['00.png']);
    expect(warnings).toEqual([
      expect.stringMatching(/BMP \(2\), HEIC \(1\) cannot be read here, convert them to PNG or JPEG$/),
    ]);
  });
});

describe('a dataset that is none', () => {
  test('should be refused with what to do', async () => {
    await touch('some.jpg');
    expect(await refused(inFolder('some.jpg'))).toBe(
      `this is a file, not a folder; pass its folder: --dataset ${inFolder()}`,
    );
    expect(await refused(inFolder('no'))).toBe('folder does not exist; create it, or pass --dataset');
    expect(await refused(inFolder('some.jpg', 'x'))).toMatch(/^folder cannot be read \(ENOTDIR/);
    await mkdir(inFolder('empty'));
    expect(await refused(inFolder('empty'))).toMatch(/^no images found .*; put training images there/);
    if (existsSync('/dev/null')) expect(await refused('/dev/null')).toMatch(/^this is not a folder/);
  });
});

describe('pictures of our own', () => {
  const mark = async (path: string) => {
    const file = await open(inFolder(path), 'w');
    await file.write(Buffer.concat([Buffer.alloc(300), Buffer.from('rx-nvae image')]));
    await file.close();
  };

  test('should be left out: the folder of the run, and what is marked, or named so, in the folder for pictures', async () => {
    await writePictures(inFolder('data'), 1);
    await writePictures(inFolder('data/images'), 1);
    await writePictures(inFolder('data/images/small'), 3);
    await mkdir(inFolder('data/images/other'));
    await touch(
      'data/images/other/samples_64.png',
      'data/images/z_interpolation.gif',
      'data/z_interpolation.gif',
    );
    await mark('data/images/small_t0.7.png');
    await mark('data/wanted.png');
    const options = {
      except: [inFolder('data/images/small'), inFolder('data/nowhere')],
      picturesFolder: inFolder('data/images'),
    };
    const expected = ['00.png', 'images/00.png', 'wanted.png', 'z_interpolation.gif'];
    const { names, warnings } = await listed(inFolder('data'), options);
    expect(names).toEqual(expected);
    expect(warnings).toEqual([
      expect.stringContaining(
        '4 pictures or folders written by nvae ' +
          '(images/other/samples_64.png, images/small, images/small_t0.7.png, ...)',
      ),
    ]);
    // By whatever way they are reached.
    await mkdir(inFolder('linked'));
    await symlink('../data', inFolder('linked/all'));
    expect((await listed(inFolder('linked'), options)).names).toEqual(expected.map((name) => `all/${name}`));
  });
});
