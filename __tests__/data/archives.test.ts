/** Zip and tar archives that Python wrote (fixtures/archives/make.py), and archives of random members. */
import { readFileSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { Header } from 'tar/header';
import { datasetAt } from '../../src/data/datasetAt.js';
import { openedSince, openFiles } from '../support/openFiles.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { readImages } from '../support/readImages.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const fixtures = fileURLToPath(new URL('fixtures/archives/', import.meta.url));
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8')) as Record<
  string,
  Record<string, readonly number[]>
>;

const readArchive = async (name: string) => readImages(await datasetAt(`${fixtures}${name}`));

test.each(['plain.zip', 'zip64.zip', 'pax.tar', 'gnu.tar', 'ustar.tar', 'plain.tar.gz'])(
  'all images of %s should be read, and again from the index that was kept',
  async (name) => {
    for (let run = 0; run < 2; run += 1) {
      const { colours, damaged, warnings } = await readArchive(name);
      expect(colours).toEqual(expected[name]);
      expect(Object.keys(colours)).toEqual(Object.keys(expected[name] ?? {})); // in the order of the archive
      expect(damaged).toEqual({});
      const isWarned = ['plain.zip', 'pax.tar', 'gnu.tar', 'ustar.tar'].includes(name);
      const path = `${fixtures}${name}`;
      const left = '1 image (inner/scan.bmp): BMP (1) cannot be read here, convert it to PNG or JPEG';
      expect(warnings).toEqual(isWarned ? [`${path}: left out ${left}`] : []);
    }
  },
);

describe('hostile archives', () => {
  test('a zip archive should give its one image, and say what was left out', async () => {
    const { colours, damaged, warnings } = await readArchive('hostile.zip');
    expect(colours).toEqual(expected['hostile.zip']);
    expect(damaged).toEqual({});
    const names = '5 names that lead out of the archive (../up.png, /root.png, C:/windows.png, ...)';
    expect(warnings).toEqual([
      `${fixtures}hostile.zip: left out 1 link (link.png); ${names}; 1 encrypted file (secret.png); ` +
        '1 file compressed in an unknown way (bzip2.png); 1 file of more than 512 MiB (huge.png)',
    ]);
  });

  test('a tar archive should give its images, the last of one name, and say what was left out', async () => {
    const { colours, damaged, warnings } = await readArchive('hostile.tar');
    expect(colours).toEqual(expected['hostile.tar']);
    expect(damaged).toEqual({});
    expect(warnings).toEqual([
      `${fixtures}hostile.tar: left out 2 pipes, sockets or devices (device.png, pipe.png); ` +
        '2 links (hard.png, link.png); 2 names that lead out of the archive (../up.png, /root.png); ' +
        '1 file replaced by a later one of its name (twice.png)',
    ]);
  });
});

describe('damaged archives', () => {
  test('of a zip archive, each damaged member should be skipped by itself', async () => {
    const { colours, damaged, warnings } = await readArchive('bad.zip');
    expect(colours).toEqual(expected['bad.zip']);
    expect(damaged).toEqual({
      'checksum.png': 'its check sum is wrong; the archive is damaged',
      'data.png': expect.stringMatching(/^it cannot be decompressed/) as unknown,
      'size.png': expect.stringMatching(/^it cannot be decompressed/) as unknown,
      'picture.png': 'its content is not an image',
      'place.png': 'the archive has something else in its place',
    });
    expect(warnings).toEqual([]);
  });

  test('of a tar archive, what lies before and behind the damage should be read', async () => {
    const { colours, damaged, warnings } = await readArchive('damaged.tar');
    expect(colours).toEqual(expected['damaged.tar']);
    expect(damaged).toEqual({});
    expect(warnings).toEqual([
      `${fixtures}damaged.tar: left out 1 file cut off by the end of the archive (last.png); 1 damaged part (byte 1024); ` +
        'the archive ends without its end mark, so files at its end may be missing; copy or download it again',
    ]);
  });

  const refusal = 'copy or download it again';
  test.each<[string, () => Buffer, RegExp]>([
    [
      'a zip archive cut off',
      () => readFileSync(`${fixtures}plain.zip`).subarray(0, 900),
      new RegExp(`^the zip archive cannot be read .*; ${refusal}$`),
    ],
    [
      'a tar.gz cut off',
      () => readFileSync(`${fixtures}plain.tar.gz`).subarray(0, 400),
      /^it cannot be decompressed \(unexpected end of file\); download it again/,
    ],
    [
      'a zip archive without images',
      () => Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`, 'latin1'),
      /^no images found .*; give a zip archive of images$/,
    ],
    [
      'a tar archive of links',
      () => readFileSync(`${fixtures}hostile.tar`).subarray(4608),
      /^no images found .*; left out/,
    ],
  ])('%s should be refused in one message', async (_, bytes, message) => {
    const path = inFolder('refused');
    await writeFile(path, bytes());
    const read = readImages(await datasetAt(path));
    await expect(read).rejects.toMatchObject({ name: 'DatasetError', dataset: path });
    await expect(read).rejects.toThrow(new RegExp(message.source.replace('^', `^${path}: `)));
  });
});

/** A tar archive, written by the library that the headers are read with, and the data by hand. */
function tarOf(members: readonly (readonly [name: string, data: Buffer])[]): Buffer {
  const parts = members.flatMap(([path, data]) => {
    const header = new Header({ path, size: data.length, type: 'File', mode: 0o644 });
    header.encode();
    return [header.block as Buffer, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

describe('a tar archive that ends early', () => {
  const png = (value: number) =>
    sharp(Buffer.alloc(27, value), { raw: { width: 3, height: 3, channels: 3 } })
      .png()
      .toBuffer();
  const advice = 'so files at its end may be missing; copy or download it again';
  const [unmarked, inHeader] = [`without its end mark, ${advice}`, `within a header, ${advice}`];
  const ends = 2048; // where the second of two images ends with its padding

  test.each<[string, number, string | null]>([
    ['between two members', 1024, unmarked],
    ['within the header of a member', 1124, inHeader],
    ['after its last member', ends, unmarked],
    ['within the zeros after its last member', ends + 1, null],
    ['after one block of zeros', ends + 512, null],
    ['after two blocks of zeros', ends + 1024, null],
  ])('%s should be read with a warning if members may be missing, at every start', async (_, length, end) => {
    const whole = tarOf([
      ['a.png', await png(1)],
      ['b.png', await png(2)],
    ]);
    const colours = { 'a.png': [1, 1, 1], ...(length >= ends && { 'b.png': [2, 2, 2] }) };
    for (const name of ['early.tar', 'early.tar.gz']) {
      const bytes = whole.subarray(0, length);
      const path = inFolder(name);
      await writeFile(path, name.endsWith('gz') ? gzipSync(bytes) : bytes);
      for (let run = 0; run < 2; run += 1) {
        const found = await readImages(await datasetAt(path));
        expect(found.colours).toEqual(colours);
        expect(found.warnings).toEqual(end === null ? [] : [`${path}: the archive ends ${end}`]);
      }
    }
  });

  test('should say so if it is the second of two that were joined', async () => {
    const [one, two] = [tarOf([['a.png', await png(1)]]), tarOf([['b.png', await png(2)]])];
    await writeFile(inFolder('two.tar'), Buffer.concat([one, two.subarray(0, 1024)]));
    const { colours, warnings } = await readImages(await datasetAt(inFolder('two.tar')));
    expect(Object.keys(colours)).toEqual(['a.png', 'b.png']);
    expect(warnings).toEqual([`${inFolder('two.tar')}: the archive ends ${unmarked}`]);
  });

  test('should say so without images, and as one of several files', async () => {
    const bytes = tarOf([['a.png', await png(1)]]);
    await writeFile(inFolder('none.tar'), tarOf([['a.txt', Buffer.from('a')]]).subarray(0, 1024));
    await expect(datasetAt(inFolder('none.tar')).then(readImages)).rejects.toThrow(
      `; the archive ends ${unmarked}`,
    );
    await mkdir(inFolder('set'));
    await writeFile(inFolder('set/0.tar'), bytes);
    await writeFile(inFolder('set/1.tar'), bytes.subarray(0, 1024));
    const { warnings } = await readImages(await datasetAt(inFolder('set')));
    expect(warnings).toEqual([`${inFolder('set/1.tar')}: the archive ends ${unmarked}`]);
  });
});

test('a colon after one letter should be part of a name, unless a drive of Windows is meant', async () => {
  const good = await sharp(Buffer.alloc(27, 1), { raw: { width: 3, height: 3, channels: 3 } })
    .png()
    .toBuffer();
  const names = ['x:2.png', 'C:/drive.png', 'C:\\drive.png'];
  await writeFile(inFolder('colon.tar'), tarOf(names.map((name) => [name, good])));
  const { colours, warnings } = await readImages(await datasetAt(inFolder('colon.tar')));
  expect(Object.keys(colours)).toEqual(['x:2.png']);
  expect(warnings[0]).toMatch(/: left out 2 names that lead out of the archive \(C:\/drive.png, C:/);
});

test('any members of a tar archive should come back, compressed or not', async () => {
  const raw = { width: 3, height: 3, channels: 3 } as const;
  const nameArbitrary = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,3}$/);
  const colour = fc.integer({ min: 0, max: 255 });
  let files = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(nameArbitrary, colour), {
        minLength: 1,
        maxLength: 8,
        selector: ([name]) => name,
      }),
      fc.boolean(),
      async (images, isCompressed) => {
        const members = await Promise.all(
          images.map(async ([name, value]) => {
            const png = await sharp(Buffer.alloc(27, value), { raw }).png().toBuffer();
            return [`${name}.png`, png] as const;
          }),
        );
        const bytes = tarOf(members);
        await writeFile(inFolder('any.tar'), isCompressed ? gzipSync(bytes) : bytes);
        await utimes(inFolder('any.tar'), 1, ++files); // a file of the same size and time would be taken for the same
        const { colours, warnings } = await readImages(await datasetAt(inFolder('any.tar')));
        expect(colours).toEqual(
          Object.fromEntries(images.map(([name, value]) => [`${name}.png`, [value, value, value]])),
        );
        expect(warnings).toEqual([]);
      },
    ),
    { numRuns: 20 },
  );
});

test('what is opened should be closed, and open again when it is needed', async () => {
  const path = `${fixtures}plain.tar.gz`;
  const start = openFiles();
  const dataset = await datasetAt(path);
  expect((await readImages(dataset)).colours).toEqual(expected['plain.tar.gz']);
  expect((await readImages(dataset)).colours).toEqual(expected['plain.tar.gz']);
  expect(openedSince(start)).toEqual([]);
});
