/** The pixels of datasets that are no folders: what they return, throw, and leave unanswered. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DamagedImageError } from '../../src/data/damagedImageError.js';
import type { Dataset, DatasetItem } from '../../src/data/dataset.js';
import { DatasetError } from '../../src/data/datasetError.js';
import { type ImageCache, imageCache } from '../../src/data/imageCache.js';
import { itemPixels, peekPixels, type SkippedImage } from '../../src/data/itemPixels.js';
import { UnreadImageError } from '../../src/data/unreadImageError.js';

let cache: ImageCache;
beforeEach(() => {
  cache = imageCache({ memoryLimit: 1000 });
});
afterEach(() => cache.close());

const size = 2;
const whole = new Uint8Array(12).fill(9);
type Decode = Dataset['decode'];

function own(decode: Decode, more: Partial<Dataset> = {}): Dataset & { decode: jest.Mock<Decode> } {
  return { name: 'own', items: () => [], ...more, decode: jest.fn(decode) };
}

async function made(dataset: Dataset, item: DatasetItem = { name: 'a' }, signal?: AbortSignal) {
  const skipped: SkippedImage[] = [];
  const pixels = await itemPixels(dataset, item, {
    size,
    channels: 3,
    cache,
    signal,
    onSkipped: (one) => skipped.push(one),
  });
  return { pixels, skipped: skipped.map(({ path, why, reason }) => `${path}: ${why}: ${reason}`) };
}
const throwing = (error: unknown) =>
  own(() => {
    throw error;
  });

describe('the pixels of an own dataset', () => {
  test('should be cached by name and version, unless the dataset says otherwise', async () => {
    const dataset = own(() => whole);
    for (const version of ['1', '1', '2']) {
      expect((await made(dataset, { name: 'a', version })).pixels).toBe(whole);
    }
    expect(dataset.decode).toHaveBeenCalledTimes(2);
    expect(peekPixels(dataset, { name: 'a', version: '2' }, { size, channels: 3, cache })).toBe(whole);
    expect(
      peekPixels({ ...dataset, name: 'other' }, { name: 'a', version: '2' }, { size, channels: 3, cache }),
    ).toBeNull();
    const uncached = own(() => whole, { cached: false, name: 'uncached' });
    for (let i = 0; i < 2; i += 1) await made(uncached);
    expect(uncached.decode).toHaveBeenCalledTimes(2);
    expect(peekPixels(uncached, { name: 'a' }, { size, channels: 3, cache })).toBeNull();
  });

  test.each<[string, unknown]>([
    ['its own error', new DamagedImageError('half of it is missing')],
    ['any other', new Error('half of it is missing')],
    ['what is no error', 'half of it is missing'],
  ])('should be damage, told once, where it throws %s', async (_, error) => {
    const dataset = throwing(error);
    expect(await made(dataset)).toEqual({
      pixels: null,
      skipped: ['own: a: damaged: half of it is missing'],
    });
    expect(await made(dataset)).toEqual({ pixels: null, skipped: [] });
    expect(dataset.decode).toHaveBeenCalledTimes(1);
  });

  test('should be damage of one version only', async () => {
    const dataset = throwing(new Error('no image'));
    const now = { ...dataset, currentVersion: () => '2' };
    expect((await made(now, { name: 'a', version: '1' })).skipped).toHaveLength(1);
    expect((await made(now, { name: 'a', version: '1' })).skipped).toEqual([]);
    const later = own(() => whole, { currentVersion: async () => '3' });
    expect(await made(later, { name: 'a', version: '1' })).toEqual({ pixels: whole, skipped: [] });
  });

  test('should be tried again where the version changes meanwhile', async () => {
    let version = 0;
    const dataset = { ...throwing(new Error('cut')), currentVersion: () => `${version++}` };
    expect((await made(dataset)).skipped).toEqual(['own: a: unread: cut']);
  });

  const withCode = (code: string) => Object.assign(new Error('no answer'), { code });
  test.each<[string, unknown]>([
    ['UnreadImageError', new UnreadImageError('no answer')],
    ['an error of the system', withCode('ECONNRESET')],
    ['fetch', new TypeError('no answer', { cause: withCode('UND_ERR_CONNECT_TIMEOUT') })],
  ])('should be tried again each time, and told, where it throws %s', async (_, error) => {
    const dataset = throwing(error);
    for (let i = 0; i < 2; i += 1) {
      expect(await made(dataset)).toEqual({ pixels: null, skipped: ['own: a: unread: no answer'] });
    }
  });

  test('should name an item by its path where it has one', async () => {
    const { skipped } = await made(throwing(withCode('ERR_ASSERTION')), {
      name: 'a',
      path: 'https://images.example/a.png',
    });
    expect(skipped).toEqual(['https://images.example/a.png: damaged: no answer']);
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'got nothing'],
    ['an image of another size', new Uint8Array(27), 'got 27 values'],
    ['floats', new Float32Array(12), 'got a Float32Array'],
    ['an object', { pixels: whole }, 'got {"pixels":'],
  ])('should end the run where it returns %s', async (_, result, got) => {
    const message = `own: the result of decode() must be a Uint8Array of 12 values (2 x 2 x 3) or 4 values (2 x 2 x 1), ${got}`;
    const pixels = made(own(() => result as Uint8Array));
    await expect(pixels).rejects.toThrow(message);
    await expect(pixels).rejects.toBeInstanceOf(DatasetError);
  });

  test('should take a Buffer', async () => {
    expect((await made(own(() => Buffer.alloc(12, 9)))).pixels).toHaveLength(12);
  });

  test('should be given up at an abort, even if the dataset hangs, and tell nothing', async () => {
    const abort = new AbortController();
    const seen: AbortSignal[] = [];
    const dataset = own((_item, _size, signal) => {
      seen.push(signal);
      return new Promise<Uint8Array>(() => undefined);
    });
    const pixels = made(dataset, undefined, abort.signal);
    await setImmediate();
    abort.abort(new Error('left'));
    await expect(pixels).rejects.toThrow('left');
    expect(seen).toEqual([abort.signal]);
    expect(await cache.get({ key: '\0own\0a' }, size)).toBeUndefined();
  });
});
