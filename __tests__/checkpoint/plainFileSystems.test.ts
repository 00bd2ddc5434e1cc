/** File systems that lack what ours has: links, syncing, renaming over a file. Stand-ins for FUSE and network shares. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { smallCheckpoint } from '../support/checkpoints.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const real = await import('node:fs/promises');
const { existsSync } = await import('node:fs');
const failing = { link: '', sync: '', folderSync: '', replace: '' };
const failure = (code: string, call: string) => Object.assign(new Error(`${code}: ${call}`), { code });
jest.unstable_mockModule('node:fs/promises', () => ({
  ...real,
  link: async (from: string, to: string) => {
    if (failing.link) throw failure(failing.link, 'link');
    await real.link(from, to);
  },
  rename: async (from: string, to: string) => {
    if (failing.replace && existsSync(to)) throw failure(failing.replace, 'rename');
    await real.rename(from, to);
  },
  open: async (path: string, flags?: string) => {
    const file = await real.open(path, flags);
    const code = (await file.stat()).isDirectory() ? failing.folderSync : failing.sync;
    if (code) {
      file.sync = async () => {
        throw failure(code, 'fsync');
      };
    }
    return file;
  },
}));
const { atomicWrite } = await import('../../src/checkpoint/atomicWrite.js');
const { loadCheckpoint } = await import('../../src/modelFiles/loadCheckpoint.js');
const { saveCheckpoint } = await import('../../src/checkpoint/saveCheckpoint.js');
const { lockRun } = await import('../../src/checkpoint/lock/lockRun.js');
const { syncWarning } = await import('../../src/base/sync.js');

beforeEach(() => {
  Object.assign(failing, { link: '', sync: '', folderSync: '', replace: '' });
});
const path = () => inFolder('x.checkpoint');
const stepIn = async (file: string) => (await loadCheckpoint(file)).state.position.step;
const replaced = (text: string) =>
  atomicWrite(inFolder('file'), async (file) => void (await file.write(text)));

describe.each(['ENOSYS', 'EIO', 'EINVAL', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV'])(
  'without links (%s)',
  (code) => {
    beforeEach(() => {
      failing.link = code;
    });

    test('exactly one of many should have the lock, also a stale one', async () => {
      for (const stale of [false, true]) {
        if (stale) await writeFile(inFolder('x.lock'), '{"pid":1,"host":"gone","id":"x"}');
        const options = { patience: 0, staleAfter: stale ? 0 : 60_000 };
        const tries = await Promise.allSettled(
          Array.from({ length: 5 }, () => lockRun(inFolder('x.lock'), options)),
        );
        const taken = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
        expect(taken).toHaveLength(1);
        await taken[0]?.release();
        expect(await readdir(inFolder())).toEqual([]);
      }
    });

    test('the checkpoint before should be kept', async () => {
      for (const step of [1, 2, 3]) await saveCheckpoint(path(), smallCheckpoint(step));
      expect([await stepIn(path()), await stepIn(`${path()}.previous`)]).toEqual([3, 2]);
      expect((await readdir(inFolder())).sort()).toEqual(['x.checkpoint', 'x.checkpoint.previous']);
    });
  },
);

describe.each(['EINVAL', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'])('without fsync (%s)', (code) => {
  test('checkpoints should be written, and one warning should say what that means', async () => {
    Object.assign(failing, { sync: code, folderSync: code });
    await saveCheckpoint(path(), smallCheckpoint(1));
    expect(await stepIn(path())).toBe(1);
    expect(await syncWarning(inFolder())).toMatch(
      new RegExp(`this file system cannot sync files \\(${code}: fsync\\); after a power cut the newest`),
    );
    expect(await readdir(inFolder())).toEqual(['x.checkpoint']);
  });
});

test.each(['EIO', 'ENOSPC'])(
  '%s of fsync should stay an error, which leaves the file as it was',
  async (code) => {
    await replaced('before');
    failing.sync = code;
    await expect(replaced('after')).rejects.toThrow(code);
    expect(await readFile(inFolder('file'), 'utf8')).toBe('before');
    expect(await syncWarning(inFolder())).toBeNull();
    Object.assign(failing, { sync: '', folderSync: code });
    await expect(replaced('after')).rejects.toThrow(code);
  },
);

test('a file system that syncs should cost no warning', async () => {
  expect(await syncWarning(inFolder())).toBeNull();
  expect(await syncWarning(inFolder('none'))).toBeNull();
});

describe.each(['EEXIST', 'EPERM', 'EACCES', 'EBUSY'])(
  'where nothing can be renamed over a file (%s)',
  (code) => {
    test('checkpoints and locks should take the place of those before', async () => {
      failing.replace = code;
      for (const step of [1, 2, 3]) await saveCheckpoint(path(), smallCheckpoint(step));
      expect([await stepIn(path()), await stepIn(`${path()}.previous`)]).toEqual([3, 2]);
      await writeFile(inFolder('x.lock'), '{"pid":1,"host":"gone","id":"x"}');
      await (await lockRun(inFolder('x.lock'), { patience: 0, staleAfter: 0 })).release();
      expect((await readdir(inFolder())).sort()).toEqual(['x.checkpoint', 'x.checkpoint.previous']);
    });
  },
);

test('a folder in the way of a file should stay', async () => {
  await real.mkdir(inFolder('file', 'of the user'), { recursive: true });
  failing.replace = 'EEXIST';
  await expect(replaced('x')).rejects.toThrow('EEXIST');
  expect(await readdir(inFolder())).toEqual(['file']);
  expect(await readdir(inFolder('file'))).toEqual(['of the user']);
});
