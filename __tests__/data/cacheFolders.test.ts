import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const home = jest.fn(() => '');
jest.unstable_mockModule('node:os', () => ({ homedir: home, tmpdir: () => inFolder('tmp') }));
const { cacheFolders } = await import('../../src/data/cacheFolders.js');
const { imageCache } = await import('../../src/data/imageCache.js');

const { XDG_CACHE_HOME } = process.env;
beforeEach(() => {
  delete process.env.XDG_CACHE_HOME;
});
afterEach(() => {
  if (XDG_CACHE_HOME !== undefined) process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
});
const inTemporary = () => join(inFolder('tmp'), `rx-nvae-${process.getuid?.() ?? 'user'}`);
const noHome = () => {
  throw Object.assign(new Error('A system error occurred: uv_os_homedir returned ENOENT'), {
    code: 'ERR_SYSTEM_ERROR',
  });
};

describe('cacheFolders', () => {
  test('should be the user’s cache folder, then the temporary one', () => {
    home.mockReturnValue('/home/ann');
    expect(cacheFolders()).toEqual([join('/home/ann', '.cache', 'rx-nvae'), inTemporary()]);
    process.env.XDG_CACHE_HOME = '/fast';
    expect(cacheFolders()[0]).toBe(join('/fast', 'rx-nvae'));
  });

  test('should pass over a relative XDG_CACHE_HOME, and a home that is empty or unknown', () => {
    process.env.XDG_CACHE_HOME = 'cache';
    home.mockReturnValue('');
    expect(cacheFolders()).toEqual([inTemporary()]);
    home.mockImplementation(noHome);
    expect(cacheFolders()).toEqual([inTemporary()]);
  });
});

test.each([
  ['there is no home', noHome],
  ['the home cannot be written to', () => inFolder('file')],
])('imageCache should keep its file in the temporary folder where %s', async (_, given) => {
  await writeFile(inFolder('file'), '');
  await mkdir(inFolder('tmp'));
  home.mockImplementation(given);
  const cache = imageCache({ memoryLimit: 0, reserve: 0 });
  const file = { key: 'a', version: '1' };
  await cache.set(file, 2, new Uint8Array(12).fill(7));
  expect(await cache.get(file, 2)).toEqual(new Uint8Array(12).fill(7));
  expect(await readdir(inFolder('tmp'))).toHaveLength(1);
  await cache.close();
});
