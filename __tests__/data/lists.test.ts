/** Lists of paths, written by Python (see fixtures/lists/make.py). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetAt, formOf } from '../../src/data/datasetAt.js';
import { itemPixels } from '../../src/data/itemPixels.js';
import { itemsOf } from '../../src/data/itemsOf.js';
import { folderLineOf, pathListIn } from '../../src/data/lists/pathList.js';
import { png } from '../support/pictures.js';
import { readImages } from '../support/readImages.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const fixtures = fileURLToPath(new URL('fixtures/lists/', import.meta.url));
const expected: Record<string, number[]> = JSON.parse(await readFile(`${fixtures}expected.json`, 'utf8'));
const inFolder = useTemporaryFolder();
const problemIn = async (path: string) =>
  readImages(await datasetAt(path)).then(
    () => 'no problem',
    ({ message }: Error) => message,
  );

describe('a list of paths', () => {
  test.each(['lines.txt', 'excel.csv', 'python.csv', 'tabs.tsv', 'only.csv', 'no_header.csv'])(
    'should be read in its order: %s',
    async (name) => {
      const { colours, damaged, warnings } = await readImages(await datasetAt(fixtures + name));
      const isText = name === 'lines.txt';
      expect(Object.entries(colours)).toEqual(Object.entries(expected));
      expect(damaged).toEqual({});
      const again = `${fixtures}${name}: left out 1 path that the list has twice (images/one.png)`;
      expect(warnings).toEqual(isText ? [again] : []);
    },
  );

  test('should need no extension and no end of the last line', async () => {
    const { colours } = await readImages(await datasetAt(`${fixtures}without_end`));
    expect(Object.keys(colours)).toEqual(Object.keys(expected).slice(0, 2));
  });

  test.each([
    [
      'bad_columns.csv',
      'no column of paths: its first line has "name", "label"; name the column path, file, filename or image',
    ],
    [
      'bad_missing.txt',
      '6 of its 8 files are not there (images/gone0.png, images/gone1.png, images/gone2.png, ...); ' +
        `relative paths begin in ${fixtures.slice(0, -1)}: correct the list, or restore the files`,
    ],
    ['bad_utf16.txt', 'the list is UTF-16; save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)'],
    ['bad_comments.txt', 'the list has no path; write one per line, or CSV with a column "path"'],
  ])('should say what is wrong with it: %s', async (name, problem) => {
    expect(await problemIn(fixtures + name)).toBe(`${fixtures}${name}: ${problem}`);
  });

  test('should name the line of wrong CSV, and an empty file', async () => {
    expect(await problemIn(`${fixtures}bad_quote.csv`)).toMatch(
      /it is not valid CSV \(.*line 2.*\); correct it/,
    );
    await writeFile(inFolder('empty.txt'), '');
    expect(await problemIn(inFolder('empty.txt'))).toContain('the list has no path');
  });

  test('should take full paths, those above it, and links', async () => {
    await mkdir(inFolder('lists'));
    await writeFile(inFolder('a.png'), await png(1, 2, 3));
    await writeFile(inFolder('lists/list.txt'), `../a.png\n${inFolder('a.png')}\n`);
    const { colours } = await readImages(await datasetAt(inFolder('lists/list.txt')));
    expect(colours).toEqual({ '../a.png': [1, 2, 3], [inFolder('a.png')]: [1, 2, 3] });
  });

  test('should say where its paths begin, if it was read from elsewhere', async () => {
    const folder = relative(process.cwd(), `${fixtures}images`);
    const kept = [Buffer.from(folderLineOf(folder)), Buffer.from('\ufefffile,label\none.png,1\n')];
    await writeFile(inFolder('kept.txt'), Buffer.concat(kept));
    expect((await readImages(await datasetAt(inFolder('kept.txt')))).colours).toEqual({
      'one.png': expected['images/one.png'],
    });
  });

  test('should keep names that are not UTF-8', async () => {
    const name = Buffer.from([0x43, 0x61, 0x66, 0xe9, 0x2e, 0x70, 0x6e, 0x67]);
    await writeFile(Buffer.concat([Buffer.from(`${inFolder()}/`), name]), await png(7, 8, 9));
    await writeFile(inFolder('list.txt'), Buffer.concat([name, Buffer.from('\n')]));
    const { colours } = await readImages(await datasetAt(inFolder('list.txt')));
    expect(colours).toEqual({ 'Caf\\xE9.png': [7, 8, 9] });
  });

  test('should skip a damaged image, and try one that is gone again', async () => {
    await writeFile(inFolder('a.png'), await png(7, 8, 9));
    await writeFile(inFolder('b.png'), 'no image');
    await writeFile(inFolder('list.txt'), 'a.png\nb.png\n');
    const dataset = await datasetAt(inFolder('list.txt'));
    const items = await dataset.items(new AbortController().signal, () => undefined);
    const skipped: string[] = [];
    for (const item of itemsOf(items)) {
      const onSkipped = ({ item: { name }, why }: { item: { name: string }; why: string }) =>
        skipped.push(`${name} ${why}`);
      await itemPixels(dataset, item, { size: 3, channels: 3, onSkipped });
    }
    expect(skipped).toEqual(['b.png damaged']);
    const before = await dataset.identity?.(items, new AbortController().signal);
    await writeFile(inFolder('a.png'), await png(9, 8, 200));
    const again = await dataset.items(new AbortController().signal, () => undefined);
    expect(await dataset.identity?.(again, new AbortController().signal)).not.toBe(before);
  });

  test('should not be made of pictures, binary files and folders', async () => {
    await writeFile(inFolder('a.svg'), '\n <svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(inFolder('a.png'), await png(7, 8, 9));
    await writeFile(inFolder('damaged.JPG'), 'no image');
    for (const name of ['a.svg', 'a.png', 'damaged.JPG', '']) expect(await formOf(inFolder(name))).toBeNull();
  });

  test('should be read whole, if it is long', async () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `${'ä'.repeat(i % 7)}${i}.png`);
    const text = `label,image\n${names.map((name) => `"a, ""b""",${name}`).join('\n')}`;
    const { paths } = await pathListIn(Buffer.from(text), 'list', '.');
    const found: string[] = [];
    for await (const path of paths) found.push(Buffer.from(path, 'latin1').toString());
    expect(found).toEqual(names);
  });

  test('should be read as it was written, whatever the names', async () => {
    const name = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => {
      return text.trim() === text && !/\p{Cc}/u.test(text) && !text.startsWith('#');
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), async (names) => {
        const quoted = names.map((one) => `"${one.replaceAll('"', '""')}",1`).join('\r\n');
        const read = async (text: string, place: string) => {
          const { paths } = await pathListIn(Buffer.from(text), place, dirname(fixtures));
          const found: string[] = [];
          for await (const path of paths) found.push(Buffer.from(path, 'latin1').toString());
          return found;
        };
        expect(await read(`path,label\r\n${quoted}`, 'list.csv')).toEqual(names);
        const isPlain = !/^(path|file|filename|image)$|[,;\t]/i.test(names[0] ?? '');
        if (isPlain) expect(await read(names.join('\n'), 'list.txt')).toEqual(names);
      }),
      { numRuns: 40 },
    );
  });
});
