import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RunTakenOverError } from '../../../../src/checkpoint/lock/errors.js';
import { lockRun, type RunLock } from '../../../../src/checkpoint/lock/lockRun.js';
import { loadCheckpoint } from '../../../../src/modelFiles/loadCheckpoint.js';
import {
  createRunWriter,
  type RunWriter,
  type RunWriterOptions,
} from '../../../../src/streams/run/writer/runWriter.js';
import { settling } from '../../../../src/streams/run/writer/settling.js';
import { startWriterThread, type WriterThread } from '../../../../src/streams/run/writer/writerThread.js';
import { smallCheckpoint } from '../../../support/checkpoints.js';
import { openFiles } from '../../../support/openFiles.js';
import { settled } from '../../../support/settled.js';
import { useTemporaryFolder } from '../../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const checkpointPath = () => inFolder('weights', 'small.checkpoint');
const journal = () => inFolder('runs', 'events.jsonl');
const line = (text: string) => Buffer.from(`${text}\n`);
const written = () => readFile(journal(), 'utf8').catch(() => '');

let lock: RunLock;
const lost: unknown[] = [];
let options: RunWriterOptions;
beforeEach(async () => {
  lost.length = 0;
  lock = await lockRun(inFolder('weights', 'small.lock'));
  options = {
    lock: { path: lock.path, holder: lock.holder },
    tensorBoard: inFolder('runs'),
    journal: journal(),
    signEvery: 1e9,
  };
});
const writerOf = (more: Partial<RunWriterOptions> = {}): RunWriter =>
  createRunWriter({ ...options, ...more }, (error) => lost.push(error));

describe('createRunWriter', () => {
  test('should have all that was appended on disk before a checkpoint has its name', async () => {
    const writer = writerOf();
    const lines = Array.from({ length: 200 }, (_, i) => `${i}`);
    for (const text of lines) void writer.append('journal', line(text));
    void writer.append('tensorboard', line('records'));
    await writer.save(checkpointPath(), smallCheckpoint(3));
    expect(await written()).toBe(lines.map((text) => `${text}\n`).join(''));
    const [log = ''] = (await readdir(inFolder('runs'))).filter((name) => name.includes('tfevents'));
    expect(await readFile(inFolder('runs', log), 'utf8')).toMatch(/records\n$/);
    expect((await loadCheckpoint(checkpointPath())).state.position.step).toBe(3);
  });

  test('should flush the logs, and not fail where that of a run that was taken over cannot be written', async () => {
    const writer = writerOf();
    for (let i = 0; i < 50; i += 1) void writer.append('journal', line(`${i}`));
    void writer.append('tensorboard', line('records'));
    await writer.flush();
    expect((await written()).trim().split('\n')).toHaveLength(50);
    expect((await readdir(inFolder('runs'))).some((name) => name.includes('tfevents'))).toBe(true);
    const other = await lockRun(lock.path, { takeOver: true });
    await writer.flush();
    await other.release();
    await rm(inFolder('runs'), { recursive: true });
    await writeFile(inFolder('runs'), '');
    await writer.flush();
  });

  test('should write a checkpoint where a log cannot be, which its append tells', async () => {
    await writeFile(inFolder('runs'), '');
    const writer = writerOf();
    await expect(writer.append('journal', line('a'))).rejects.toThrow('EEXIST');
    await expect(writer.append('tensorboard', line('a'))).rejects.toThrow('EEXIST');
    await writer.save(checkpointPath(), smallCheckpoint(1));
    await writerOf({ tensorBoard: null, journal: null }).save(checkpointPath(), smallCheckpoint(2));
    expect((await loadCheckpoint(checkpointPath())).state.position.step).toBe(2);
  });

  test('should write nothing for a run that was taken over, and say so once', async () => {
    const writer = writerOf();
    await writer.append('journal', line('before'));
    await writer.save(checkpointPath(), smallCheckpoint(1));
    const other = await lockRun(lock.path, { takeOver: true });
    await writeFile(`${checkpointPath()}.partial`, 'of the other');
    await setTimeout(1100); // for a log a look every second is enough
    await writer.append('journal', line('after'));
    await expect(writer.save(checkpointPath(), smallCheckpoint(2))).rejects.toBeInstanceOf(RunTakenOverError);
    await expect(writer.ready()).rejects.toThrow(`taken over by process ${process.pid} `);
    expect(lost).toHaveLength(1);
    expect(await written()).toBe('before\n');
    expect((await loadCheckpoint(checkpointPath())).state.position.step).toBe(1);
    expect(await readFile(`${checkpointPath()}.partial`, 'utf8')).toBe('of the other');
    await other.release();
  });

  test('should show signs of life', async () => {
    const long = new Date(Date.now() - 3.6e6);
    await utimes(lock.path, long, long);
    writerOf({ signEvery: 20 });
    await settled(async () => (await stat(lock.path)).mtimeMs > Date.now() - 1.8e6);
    const other = await lockRun(lock.path, { takeOver: true });
    await settled(() => lost.length === 1);
    await other.release();
  });

  test('should have closed its files when it says so, with what is being appended written whole', async () => {
    const writer = writerOf();
    await writer.append('journal', line('first'));
    const rest = Array.from({ length: 50 }, (_, i) => writer.append('journal', line(`${i}`)));
    const logged = writer.append('tensorboard', line('records'));
    const outcomes = Promise.allSettled([...rest, logged]);
    await writer.close();
    expect(openFiles().filter((name) => name.startsWith(inFolder('runs')))).toEqual([]);
    const kept = (await outcomes).slice(0, -1).filter(({ status }) => status === 'fulfilled').length;
    const lines = ['first', ...Array.from({ length: kept }, (_, i) => `${i}`)];
    expect(await written()).toBe(lines.map((text) => `${text}\n`).join(''));
    await expect(writer.append('journal', line('late'))).rejects.toThrow('closed');
  });
});

test('settling should wait once for a log that hangs, fail for none, and wait again when it has answered', async () => {
  let answer: () => void = () => undefined;
  let hangs = true;
  const hanging = {
    sync: () =>
      hangs
        ? new Promise<void>((resolve) => {
            answer = resolve;
          })
        : Promise.resolve(),
  };
  const failing = { sync: () => Promise.reject(new Error('full')) };
  const settled$ = settling([hanging, failing], 200);
  const timed = async () => {
    const begin = performance.now();
    await settled$();
    return performance.now() - begin;
  };
  const first = await timed();
  expect(first).toBeGreaterThan(190);
  expect(await timed()).toBeLessThan(first);
  hangs = false;
  answer();
  await setTimeout(10);
  let synced = false;
  hanging.sync = async () => {
    await setTimeout(50);
    synced = true;
  };
  await settled$();
  expect(synced).toBe(true);
});

describe('startWriterThread', () => {
  let thread: WriterThread;
  beforeEach(() => {
    thread = startWriterThread(options);
  });
  afterEach(() => thread.close());

  test('should write while the event loop of the run is blocked, all logs first', async () => {
    await thread.ready();
    const saved = thread.append('journal', line('told')).then(() => undefined);
    const write = thread.save(checkpointPath(), smallCheckpoint(5));
    const begin = performance.now();
    while (!existsSync(checkpointPath()) && performance.now() - begin < 30_000);
    expect(existsSync(checkpointPath())).toBe(true);
    await Promise.all([saved, write]);
    expect(await written()).toBe('told\n');
    expect(await loadCheckpoint(checkpointPath())).toEqual(smallCheckpoint(5));
  });

  test('should move the state, and keep it for another try elsewhere', async () => {
    const checkpoint = smallCheckpoint(6);
    await writeFile(inFolder('file'), '');
    const refused = await thread
      .save(join(inFolder('file'), 'x.checkpoint'), checkpoint)
      .catch((error) => error);
    expect(refused).toMatchObject({ name: 'CheckpointError', cause: { code: expect.stringMatching(/^E/) } });
    expect([...checkpoint.tensors.values()].map(({ data }) => data.length)).toEqual([0, 0, 0]);
    await thread.save(inFolder('rescued.checkpoint'), checkpoint);
    expect(await loadCheckpoint(inFolder('rescued.checkpoint'))).toEqual(smallCheckpoint(6));
  });

  test('should have what was appended on disk when it says so', async () => {
    for (let i = 0; i < 50; i += 1) void thread.append('journal', line(`${i}`));
    await thread.flush();
    expect((await written()).trim().split('\n')).toHaveLength(50);
  });

  test('should copy what shares its memory', async () => {
    const all = Float32Array.of(1, 2, 3, 4, 5, 6);
    const { tensors, ...rest } = smallCheckpoint(1);
    const part = (begin: number) =>
      ({ dtype: 'float32', shape: [3], data: all.subarray(begin, begin + 3) }) as const;
    const checkpoint = { ...rest, tensors: new Map([...tensors, ['first', part(0)], ['second', part(3)]]) };
    await thread.save(checkpointPath(), checkpoint);
    const loaded = (await loadCheckpoint(checkpointPath())).tensors;
    expect([loaded.get('first')?.data, loaded.get('second')?.data]).toEqual([
      all.subarray(0, 3),
      all.subarray(3),
    ]);
    expect(all).toHaveLength(6);
  });

  test('should tell that the run was taken over', async () => {
    const error = new Promise((resolve) => thread.lost$.subscribe({ error: resolve }));
    const other = await lockRun(lock.path, { takeOver: true });
    await expect(thread.save(checkpointPath(), smallCheckpoint(1))).rejects.toBeInstanceOf(RunTakenOverError);
    expect(await error).toBeInstanceOf(RunTakenOverError);
    await other.release();
  });

  test('should fail everything where the thread ends', async () => {
    const broken = startWriterThread({ ...options, lock: null as never });
    const error = new Promise((resolve) => broken.lost$.subscribe({ error: resolve }));
    await expect(broken.ready()).rejects.toThrow('the writer thread has ended');
    expect(await error).toBeInstanceOf(Error);
    await expect(broken.ready()).rejects.toThrow('has ended');
    await broken.close();
  });
});
