/** The datasets of the examples. */
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { remoteArray } from '../../examples/http-range/remoteArray.js';
import { serveFile } from '../../examples/http-range/serveFile.js';
import { drawDisc } from '../../examples/own-dataset/drawDisc.js';
import { imagesTable } from '../../examples/sqlite/imagesTable.js';
import { decodedPixels } from '../../src/data/itemPixels.js';
import { itemAt } from '../../src/data/itemsOf.js';
import { greys } from '../support/recipes.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const { signal } = new AbortController();
const colour = { size: 2, channels: 3 } as const;

test('discs should be drawn by their index alone, at any size', () => {
  expect(drawDisc(7, 16)).toEqual(drawDisc(7, 16));
  expect(drawDisc(7, 16)).not.toEqual(drawDisc(8, 16));
  expect(drawDisc(7, 8)).toHaveLength(3 * 8 * 8);
  expect(new Set(greys({ pixels: drawDisc(7, 16) }))).toEqual(new Set([255, (7 * 53) % 200]));
});

describe('images of a database', () => {
  test('should be its rows, also after it was closed', async () => {
    const { Database } = createRequire(import.meta.url)('node-sqlite3-wasm');
    const database = new Database(inFolder('a.db'));
    database.exec('create table images (id integer primary key, name text unique, changed text, file blob)');
    for (const [id, name, background] of [
      [7, 'b', '#010203'],
      [3, 'a', '#040506'],
    ]) {
      const create = { width: 4, height: 2, channels: 3, background } as const;
      const file = await sharp({ create } as never)
        .png()
        .toBuffer();
      database.run('insert into images values (?, ?, ?, ?)', [id, name, `at ${id}`, file]);
    }
    database.close();
    const dataset = imagesTable(inFolder('a.db'));
    for (let i = 0; i < 2; i += 1) {
      const items = await dataset.items(signal, () => undefined);
      expect([items.length, items.at(0), items.at(1)]).toEqual([
        2,
        { id: 3, name: 'a', version: 'at 3' },
        { id: 7, name: 'b', version: 'at 7' },
      ]);
      expect([...(await decodedPixels(dataset, itemAt(items, 1), colour)).subarray(0, 3)]).toEqual([1, 2, 3]);
      expect(await dataset.currentVersion?.(itemAt(items, 0), signal)).toBe('at 3');
      await dataset.close?.();
    }
  });
});

describe('an array on a server', () => {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 2, 3), }".padEnd(117);
  const values = Uint8Array.from({ length: 36 }, (_, i) => i);
  const npy = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1'),
    Buffer.from(`${header}\n`),
    values,
  ]);

  test('should be read image by image, and again after a failure', async () => {
    const server = await serveFile(npy, (request) => request === 3);
    const dataset = remoteArray(server.url);
    const items = await dataset.items(signal, () => undefined);
    expect(items.length).toBe(3);
    expect(itemAt(items, 0).version).toMatch(/^"[0-9a-f]{16}"$/);
    const read = async (index: number) => [...(await decodedPixels(dataset, itemAt(items, index), colour))];
    expect(await read(2)).toEqual([...values.subarray(24)]);
    await expect(read(1)).rejects.toThrow('the server answered 503');
    expect(await read(1)).toEqual([...values.subarray(12, 24)]);
    expect(server.requests()).toBe(4);
    await server.close();
  });

  test('should not mix two versions of the file', async () => {
    const server = await serveFile(npy);
    const dataset = remoteArray(server.url);
    const items = await dataset.items(signal, () => undefined);
    const { port } = new URL(server.url);
    await server.close();
    const changed = await serveFile(
      npy.map((value) => value ^ 1),
      () => false,
      Number(port),
    );
    const reading = decodedPixels(dataset, itemAt(items, 0), colour);
    await expect(reading).rejects.toThrow('the server sent the whole file: it has changed');
    await changed.close();
  });

  test('should be refused if it is no array of images', async () => {
    const server = await serveFile(Buffer.alloc(200));
    const items = async () => remoteArray(server.url).items(signal, () => undefined);
    await expect(items()).rejects.toThrow('expected a .npy file of bytes [n, height, width, 3]');
    await server.close();
  });
});
