import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lockRun, RunInUseError } from '../../src/checkpoint/runLock.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-lock-'));
  path = join(folder, 'mine.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const now = { patience: 0 };
const leave = (holder: object | string) =>
  writeFile(path, typeof holder === 'string' ? holder : JSON.stringify(holder));
const holder = { host: hostname(), birth: null, since: 'long ago', id: 'x' };

describe('lockRun', () => {
  test('should be one at a time, and leave nothing behind', async () => {
    const first = await lockRun(path, now);
    await expect(lockRun(path, now)).rejects.toBeInstanceOf(RunInUseError);
    await first.release();
    await (await lockRun(path, now)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('should let exactly one of many in, also where the one before is gone', async () => {
    for (const stale of [false, true]) {
      if (stale) await leave({ ...holder, pid: endedProcess() });
      const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockRun(path, now)));
      const taken = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(taken).toHaveLength(1);
      await taken[0]?.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  test('should wait for one who is just leaving', async () => {
    const first = await lockRun(path, now);
    setTimeout(() => void first.release(), 120);
    await (await lockRun(path, { patience: 5000 })).release();
  });

  test('should name a process that is alive, and take over when it was killed', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    await leave({ ...holder, pid: other.pid });
    await expect(lockRun(path, now)).rejects.toThrow(
      `mine.lock: expected a run that nobody else writes, got one in use by process ${other.pid} since long ago; wait`,
    );
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (await lockRun(path, now)).release();
  });

  test('should take over from an earlier process of the same number', async () => {
    await leave({ ...holder, pid: process.pid, birth: '1' });
    await (await lockRun(path, now)).release();
  });

  test('should not judge a process of another machine', async () => {
    await leave({ ...holder, host: 'elsewhere', pid: endedProcess() });
    await expect(lockRun(path, now)).rejects.toThrow(/on elsewhere .*delete this file/);
  });

  test.each(['', 'no json', '{"pid":"x"}'])('should take over a lock that says %j', async (text) => {
    await leave(text);
    const lock = await lockRun(path, now);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  test('should not remove the lock of another', async () => {
    const lock = await lockRun(path, now);
    await leave({ ...holder, pid: 1 });
    await lock.release();
    expect(await readdir(folder)).toEqual(['mine.lock']);
  });
});

/** The number of a process that has ended. */
function endedProcess(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
