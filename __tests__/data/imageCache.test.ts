import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { imageCache } from '../../src/data/imageCache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const image = (key: string, version: string | undefined = '1') => ({ key, version });
const pixels = (value: number) => new Uint8Array(12).fill(value);

/** Files of the cache that this process holds open, removed ones included; empty where the system does not say. */
async function held(): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(
    numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')),
  );
  return targets.filter((target) => target.startsWith(folder));
}

test('imageCache should give at once what is in memory, and nothing else', async () => {
  const cache = imageCache({ folder, memoryLimit: 12, reserve: 0 });
  await cache.set(image('a'), 2, pixels(1));
  await cache.set(image('damaged'), 2, null);
  await cache.set(image('in a file'), 2, pixels(2));
  const kept = (name: string) => cache.peek?.(image(name), 2);
  expect(['a', 'damaged', 'in a file', 'unknown'].map(kept)).toEqual([pixels(1), null, null, null]);
  await cache.close();
});

test.each([-1, Number.NaN])('imageCache should refuse the limit %d', (memoryLimit) => {
  const message = `imageCache: memoryLimit must be a number of at least 0, got ${memoryLimit}`;
  expect(() => imageCache({ memoryLimit })).toThrow(message);
});

describe.each([
  ['memory', 1000],
  ['a file', 0],
])('imageCache in %s', (_, memoryLimit) => {
  test('should give what was set, by key, version and size, and remember damaged ones', async () => {
    const cache = imageCache({ memoryLimit, folder, reserve: 0 });
    await Promise.all([cache.set(image('a'), 2, pixels(1)), cache.set(image('b'), 2, pixels(2))]);
    await cache.set(image('damaged'), 2, null);
    expect(await cache.get(image('a'), 2)).toEqual(pixels(1));
    expect(await cache.get(image('b'), 2)).toEqual(pixels(2));
    expect(await cache.get(image('damaged'), 2)).toBeNull();
    expect(await cache.get(image('a', '2'), 2)).toBeUndefined();
    expect(await cache.get(image('a'), 4)).toBeUndefined();
    await cache.close();
  });

  test('should keep an image in grey beside the same in colour', async () => {
    const cache = imageCache({ memoryLimit, folder, reserve: 0 });
    const grey = new Uint8Array(4).fill(9);
    await cache.set(image('a'), 2, pixels(1));
    expect(await cache.get({ ...image('a'), channels: 1 }, 2)).toBeUndefined();
    await cache.set({ ...image('a'), channels: 1 }, 2, grey);
    expect(await cache.get({ ...image('a'), channels: 1 }, 2)).toEqual(grey);
    expect(await cache.get({ ...image('a'), channels: 3 }, 2)).toEqual(pixels(1));
    expect(await cache.get(image('a'), 2)).toEqual(pixels(1));
    await cache.close();
  });

  test('should hold nothing once closed, whatever was under way or comes late', async () => {
    const cache = imageCache({ memoryLimit, folder, reserve: 0 });
    const underWay = cache.set(image('a'), 2, pixels(1));
    await cache.close();
    await underWay;
    await cache.set(image('b'), 2, pixels(2));
    expect(await cache.get(image('a'), 2)).toBeUndefined();
    expect(await cache.get(image('b'), 2)).toBeUndefined();
    expect(await held()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });
});

test('imageCache should keep an image without a version in memory, but in no file', async () => {
  const cache = imageCache({ folder, memoryLimit: 12, reserve: 0 });
  const unversioned = (key: string) => ({ key });
  await cache.set(unversioned('a'), 2, pixels(1));
  await cache.set(unversioned('b'), 2, pixels(2));
  expect(await cache.get(unversioned('a'), 2)).toEqual(pixels(1));
  expect(await cache.get(unversioned('b'), 2)).toBeUndefined();
  expect(await held()).toEqual([]);
  await cache.close();
});
