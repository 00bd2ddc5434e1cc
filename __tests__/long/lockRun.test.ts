import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RunInUseError, RunTakenOverError } from '../../src/checkpoint/lock/errors.js';
import { type Holder, newHolder } from '../../src/checkpoint/lock/holder.js';
import { keepLock } from '../../src/checkpoint/lock/keepLock.js';
import { lockRun } from '../../src/checkpoint/lock/lockRun.js';
import { watchLock } from '../../src/checkpoint/lock/watchLock.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
let path: string;
let here: Holder;
beforeEach(async () => {
  path = inFolder('mine.lock');
  here = await newHolder();
});

const now = { patience: 0 };
const minute = 60_000;
/** A lock as another process would have left it, with its last sign of life so many milliseconds ago. */
async function leave(holder: object | string, silent = 0): Promise<void> {
  await writeFile(path, typeof holder === 'string' ? holder : JSON.stringify(holder));
  const then = new Date((await stat(path)).mtimeMs - silent);
  await utimes(path, then, then);
}
const inContainer = () => ({ ...here, id: 'x', pid: 7, pidNamespace: 'pid:[1]' });
/** As version 0.1.0 wrote them. */
const old = {
  pid: 7,
  host: '3f2a9c1b77aa',
  birth: '280147',
  since: '2020-01-01T00:00:00.000Z',
  id: '54956f55',
};
const holderIn = async () => JSON.parse(await readFile(path, 'utf8')) as Holder;

describe('lockRun', () => {
  test('should be one at a time, and leave nothing behind', async () => {
    const first = await lockRun(path, now);
    await expect(lockRun(path, now)).rejects.toBeInstanceOf(RunInUseError);
    await first.release();
    await (await lockRun(path, now)).release();
    expect(await readdir(inFolder())).toEqual([]);
  });

  test('should wait for one of this process that is about to leave, whatever its patience', async () => {
    const first = await lockRun(path, now);
    first.leave();
    const next = lockRun(path, now);
    await setTimeout(100);
    expect(await holderIn()).toMatchObject({ id: first.holder.id });
    await first.release();
    const second = await next;
    // What has left is no reason to wait for others.
    first.leave();
    await expect(lockRun(path, now)).rejects.toBeInstanceOf(RunInUseError);
    await second.release();
  });

  test('should refuse what no run has put in its place, and say so', async () => {
    await mkdir(path);
    await expect(lockRun(path, now)).rejects.toThrow(
      /mine\.lock: expected the lock file of a run, found a folder; remove it/,
    );
    expect(await watchLock(path)()).toBe(false);
    await rm(path, { recursive: true });
    await symlink('nowhere/at/all', path);
    await expect(lockRun(path, now)).rejects.toThrow(
      /mine\.lock: expected the lock file of a run, found a dangling link/,
    );
  }, 20_000);

  test.each(['missing', 'of a process that is gone', 'without a sign of life', 'damaged', 'of no process'])(
    'should let exactly one of many streams in where the lock is %s',
    async (kind) => {
      if (kind === 'of no process') await leave({ ...here, id: 'x', pid: -1 }, 2 * minute);
      else if (kind.startsWith('of')) await leave({ ...here, id: 'x', pid: endedProcess() });
      if (kind.startsWith('without')) await leave(inContainer(), 2 * minute);
      if (kind === 'damaged') await leave('{"pid":', 2 * minute);
      const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockRun(path, now)));
      const taken = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(taken).toHaveLength(1);
      for (const one of tries)
        if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(RunInUseError);
      expect((await holderIn()).id).toBe(taken[0]?.holder.id);
      await taken[0]?.release();
      expect(await readdir(inFolder())).toEqual([]);
    },
  );

  test.each(['missing', 'stale'])(
    'should let exactly one of many processes in where the lock is %s',
    async (kind) => {
      if (kind === 'stale') await leave(old, 10 * minute);
      const children = Array.from({ length: 4 }, () => lockOnce(path));
      await Promise.all(children.map(({ ready }) => ready));
      for (const { child } of children) child.stdin?.write('go');
      const said = await Promise.all(children.map(({ answer }) => answer));
      expect(said.sort()).toEqual(['refused', 'refused', 'refused', 'taken']);
      for (const { child } of children) child.stdin?.end();
    },
  );

  test('should wait for one who is just leaving', async () => {
    const first = await lockRun(path, now);
    globalThis.setTimeout(() => void first.release(), 120);
    await (await lockRun(path, { patience: 5000 })).release();
  });

  test('should name a process that is alive, however long it is silent, and take over when it was killed', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    await leave(
      { ...here, id: 'x', birth: null, pid: other.pid, host: 'earlier', since: 'long ago' },
      minute * 60,
    );
    const refused = expect(lockRun(path, now)).rejects;
    await refused.toThrow(
      `mine.lock: run "mine" is in use by process ${other.pid} on earlier since long ago; wait for it or stop it, ` +
        'train under another name or folder, or pass --take-over if it is dead',
    );
    await refused.toMatchObject({ pid: other.pid });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (await lockRun(path, now)).release();
  });

  test('should take over from an earlier process of the same number', async () => {
    await leave({ ...here, id: 'x', birth: '1' });
    await (await lockRun(path, now)).release();
  });

  test.each([
    ['of another machine', () => ({ ...here, id: 'x', host: 'elsewhere', boot: 'another' })],
    ['of another container of the same name', inContainer],
    ['of this machine before it was started again', () => ({ ...here, id: 'x', boot: 'earlier' })],
    ['of an old version on another machine', () => old],
    [
      'of an old version in a container of the same name',
      () => ({ ...old, host: hostname(), pid: endedProcess() }),
    ],
  ])('should take over a process %s that shows no sign of life', async (_, holder) => {
    await leave(holder(), minute + 1000);
    const lock = await lockRun(path, now);
    expect(await holderIn()).toEqual(lock.holder);
    await lock.release();
    await leave(holder(), 0);
    await expect(lockRun(path, { ...now, signal: AbortSignal.timeout(500) })).rejects.toThrow(
      /in use by process \d+ on \S+ since .* \(last sign of life \d+ s ago\)/,
    );
  });

  test('should wait, and say so, for the next sign of life of one that may be gone', async () => {
    await leave(inContainer(), 1000);
    const told: string[] = [];
    const lock = await lockRun(path, { ...now, staleAfter: 2000, onWait: (message) => told.push(message) });
    expect(told).toEqual([
      expect.stringMatching(/locked by process 7 on .* \(last sign of life 1 s ago\); waiting up to 1 s/),
    ]);
    await lock.release();
  });

  test('should refuse as soon as it shows one', async () => {
    await leave(inContainer(), 30_000);
    const holding = keepLock(path, inContainer());
    globalThis.setTimeout(() => void holding.sign(), 300);
    const begin = performance.now();
    await expect(lockRun(path, now)).rejects.toThrow(/last sign of life 0 s ago/);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  test('should go by the clock of the file system, and not wait for ever for a time to come', async () => {
    await leave(inContainer(), -60 * minute);
    await (await lockRun(path, { ...now, staleAfter: 300 })).release();
  });

  test('should take it whoever has it where it is told to', async () => {
    const first = await lockRun(path, now);
    const keeper = keepLock(path, first.holder);
    await keeper.sign();
    const second = await lockRun(path, { ...now, takeOver: true });
    expect((await holderIn()).id).toBe(second.holder.id);
    await expect(keeper.verify()).rejects.toBeInstanceOf(RunTakenOverError);
    await expect(keeper.sign()).rejects.toThrow(
      `run "mine" was taken over by process ${process.pid} on ${hostname()} since ${second.holder.since}; ` +
        'this process was suspended or considered dead, and writes nothing more',
    );
    await first.release();
    expect((await holderIn()).id).toBe(second.holder.id);
  });

  test.each(['', 'no json', '{"pid":"x"}', 'null', '\0\0\0'])(
    'should take over a lock that says %j',
    async (text) => {
      await leave(text, 6000);
      const lock = await lockRun(path, now);
      expect(await holderIn()).toMatchObject({ pid: process.pid });
      await lock.release();
      // One that is being written has no content for a moment.
      await leave(text);
      await expect(lockRun(path, { ...now, signal: AbortSignal.timeout(300) })).rejects.toThrow(
        'in use by a process whose lock cannot be read',
      );
    },
  );

  test('should take over where the process that was taking over was killed', async () => {
    await leave(old, 10 * minute);
    const claim = await claimOf(path);
    await writeFile(claim, '');
    await utimes(claim, new Date(0), new Date(0));
    await (await lockRun(path, now)).release();
    expect(await readdir(inFolder())).toEqual([]);
  });

  const unprivileged = process.getuid?.() === 0 ? test.skip : test;
  unprivileged('should not take over a lock that it may not read, before it is silent', async () => {
    await leave(here);
    await chmod(path, 0);
    await expect(lockRun(path, { ...now, signal: AbortSignal.timeout(300) })).rejects.toThrow(
      'cannot be read',
    );
  });

  test('should say so where the folder cannot be written to', async () => {
    await writeFile(inFolder('file'), '');
    await expect(lockRun(inFolder('file', 'mine.lock'), now)).rejects.toThrow(
      /cannot write to the folder for the weights: E(EXIST|NOTDIR).*--folder/,
    );
  });
});

describe('keepLock', () => {
  test('should show signs of life by the clock of the file system', async () => {
    const lock = await lockRun(path, now);
    await leave(lock.holder, minute);
    const keeper = keepLock(path, lock.holder);
    const before = (await stat(path)).mtimeMs;
    await keeper.sign();
    expect((await stat(path)).mtimeMs - before).toBeGreaterThan(minute / 2);
    expect(await holderIn()).toEqual(lock.holder);
    await lock.release();
  });

  test('should place a lock again that was removed, with its folder too, unless another has', async () => {
    path = inFolder('weights', 'mine.lock');
    const lock = await lockRun(path, now);
    const keeper = keepLock(path, lock.holder);
    await rm(inFolder('weights'), { recursive: true });
    await keeper.verify();
    expect(await holderIn()).toEqual(lock.holder);
    await rm(path);
    const other = await lockRun(path, now);
    await expect(keeper.verify()).rejects.toBeInstanceOf(RunTakenOverError);
    await other.release();
  });

  test('should not take up again, after being suspended, what another has had and released', async () => {
    const lock = await lockRun(path, now);
    const keeper = keepLock(path, lock.holder);
    await (await lockRun(path, { takeOver: true })).release();
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + minute);
    await expect(keeper.verify()).rejects.toMatchObject({ name: 'RunTakenOverError', pid: null });
    later.mockRestore();
    expect(await readdir(inFolder())).toEqual([]);
  });

  test('should not fail where the disk of the lock does', async () => {
    const keeper = keepLock(inFolder('file', 'mine.lock'), here);
    await writeFile(inFolder('file'), '');
    await keeper.verify();
    await keeper.sign();
    await mkdir(path);
    await keepLock(path, here).sign();
  });
});

describe('watchLock', () => {
  test.each([
    ['no lock', null, 0, false],
    ['one of a process that lives', () => here, 60 * minute, true],
    ['one of a process that is gone', () => ({ ...here, birth: '1' }), 0, false],
    ['one with a sign of life', inContainer, 30_000, true],
    ['one without', inContainer, minute + 1000, false],
    ['one of an old version', () => old, minute + 1000, false],
  ] as const)('should judge %s as lockRun does, and leave all as it is', async (_, holder, silent, held) => {
    if (holder) await leave(holder(), silent);
    const names = await readdir(inFolder());
    expect(await watchLock(path)()).toBe(held);
    expect(await readdir(inFolder())).toEqual(names);
  });

  test('should see a run end that shows no more signs of life', async () => {
    await leave(inContainer());
    const isHeld = watchLock(path, 500);
    expect(await isHeld()).toBe(true);
    await setTimeout(600);
    expect(await isHeld()).toBe(false);
    await keepLock(path, inContainer()).sign();
    expect(await isHeld()).toBe(true);
  });
});

/** The claim that taking over the present lock makes. */
async function claimOf(lock: string): Promise<string> {
  const digest = createHash('sha256').update(await readFile(lock, 'utf8'));
  return `${lock}.${digest.digest('hex').slice(0, 16)}.claim`;
}

function lockOnce(lock: string): { child: ChildProcess; ready: Promise<unknown>; answer: Promise<string> } {
  const script = fileURLToPath(new URL('../support/lockOnce.ts', import.meta.url));
  const args = ['--import', import.meta.resolve('tsx'), script, lock];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ready = once(child.stdout.setEncoding('utf8'), 'data');
  const answer = ready.then(() => once(child.stdout, 'data')).then(([text]) => String(text).trim());
  return { child, ready, answer };
}

/** The number of a process that has ended. */
function endedProcess(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
