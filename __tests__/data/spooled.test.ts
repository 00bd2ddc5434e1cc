/** Streams that become files for random access. */
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { partOf } from '../../src/data/bytes/byteSource.js';
import { spooled } from '../../src/data/bytes/spooled.js';
import { openedSince, openFiles } from '../support/openFiles.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

test('what was streamed should be there at any place, in memory or in a file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1 }),
      fc.nat(200),
      fc.nat(400),
      fc.nat(60),
      async (parts, memoryLimit, position, length) => {
        const chunks = parts.map((part) => Buffer.from(part));
        const whole = Buffer.concat(chunks);
        const before = openFiles();
        const source = await spooled(Readable.from(chunks), {
          memoryLimit,
          folders: [inFolder()],
          reserve: 0,
        });
        expect(source.size).toBe(whole.length);
        const at = position % (whole.length + 1);
        expect(await source.read(at, length)).toEqual(whole.subarray(at, at + length));
        const part = partOf(source, at, 7);
        expect(await part.read(2, 100)).toEqual(whole.subarray(at + 2, at + 7));
        await source.close();
        expect(openedSince(before)).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
  expect(await readdir(inFolder())).toEqual([]);
});

test('a disk without room should be named', async () => {
  const chunks = () => Readable.from([Buffer.alloc(10), Buffer.alloc(10)]);
  const full = spooled(chunks(), { memoryLimit: 15, folders: [inFolder()], reserve: 2 ** 60 });
  await expect(full).rejects.toThrow(`there is no room in ${inFolder()} for what it decompresses to`);
  const nowhere = spooled(chunks(), { memoryLimit: 15, folders: [inFolder('file/none\0')] });
  await expect(nowhere).rejects.toThrow('there is no room in');
  expect(await readdir(inFolder())).toEqual([]);
});
