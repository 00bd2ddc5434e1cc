import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { namedFiles, pathsIn } from '../../../src/cli/sampling/namedFiles.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

describe('pathsIn', () => {
  test.each([
    ['cat.jpg', 'cat.png'],
    ['cats/1.jpg', 'cats/1.png'],
    ['cats\\1.jpg', 'cats/1.png'],
    ['v1.2', 'v1.2.png'],
    ['0', '0.png'],
    ['../../etc/passwd', 'etc/passwd.png'],
    ['/etc/passwd', 'etc/passwd.png'],
    ['C:\\Windows\\x.png', 'C_/Windows/x.png'],
    ['a/./b//c.png', 'a/b/c.png'],
    ['.ssh/.config', 'ssh/config.png'],
    ['..', 'image.png'],
    ['', 'image.png'],
    ['line\nbreak\0.png', 'line_break_.png'],
    ['a/b/c/d/e/f/g/h/i/j', 'c/d/e/f/g/h/i/j.png'],
  ])('should name the picture of %j', (name, expected) => {
    expect(pathsIn('out', '.png')(name)).toBe(join('out', ...expected.split('/')));
  });

  test('should number names that are equal, also on file systems that ignore case', () => {
    const pathOf = pathsIn('out', '.png');
    const names = ['a.jpg', 'a.png', 'A.png', 'a-2.png', 'b-2', 'b', 'b'];
    expect(names.map((name) => relative('out', pathOf(name)))).toEqual([
      'a.png',
      'a-2.png',
      'A-3.png',
      'a-2-2.png',
      'b-2.png',
      'b.png',
      'b-3.png',
    ]);
  });

  test('should stay in the folder and repeat no path, whatever the names', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      'a',
      'A',
      '-2',
      'C:',
      ' ',
      '\0',
      '\u00e9',
      'e\u0301',
      '.png',
    );
    const name = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), (names) => {
        const pathOf = pathsIn('/out', '.png');
        const paths = names.map(pathOf);
        for (const path of paths) {
          const inside = relative('/out', path);
          expect(inside.split(sep)).not.toContain('..');
          expect(isAbsolute(inside)).toBe(false);
          expect(path.includes('\0')).toBe(false);
          for (const one of inside.split(sep)) expect(Buffer.byteLength(one)).toBeLessThan(256);
        }
        expect(new Set(paths.map((path) => path.normalize('NFC').toLowerCase())).size).toBe(names.length);
      }),
    );
  });
});

describe('namedFiles', () => {
  const options = () => ({ name: 'x_decoded', parent: inFolder('images'), count: 12 });

  test('should make a new folder unless one is given', async () => {
    expect((await namedFiles(undefined, options()))('a.jpg', 0)).toBe(
      inFolder('images', 'x_decoded', 'a.png'),
    );
    await writeFile(inFolder('images', 'x_decoded', 'a.png'), '');
    expect((await namedFiles(undefined, options()))('a.jpg', 0)).toBe(
      inFolder('images', 'x_decoded-2', 'a.png'),
    );
    await mkdir(inFolder('mine'));
    expect((await namedFiles(inFolder('mine'), options()))('b/a.jpg', 0)).toBe(
      inFolder('mine', 'b', 'a.png'),
    );
    expect(await readdir(inFolder('images'))).toEqual(['x_decoded', 'x_decoded-2']);
  });

  test('should number the pictures of a file name', async () => {
    expect((await namedFiles(inFolder('a.webp'), options()))('cat', 4)).toBe(inFolder('a_05.webp'));
    expect((await namedFiles(inFolder('a%04d.png'), options()))('cat', 4)).toBe(inFolder('a0005.png'));
    await expect(namedFiles(inFolder('a.txt'), options())).rejects.toThrow(
      '--out: cannot write ".txt" files',
    );
  });
});
