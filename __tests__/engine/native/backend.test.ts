import { beforeAll, describe, expect, test } from '@jest/globals';
import { useEngine } from '../../../src/engine/index.js';
import { type Block, BufferPool } from '../../../src/engine/native/bufferPool.js';
import { nativeBackend } from '../../../src/engine/native/inUse.js';
import * as tf from '../../../src/engine/tf.js';

beforeAll(async () => {
  await useEngine('native');
});

/** Makes recycled memory recognisable: whoever reads it without having written it sees NaN. */
function poisonFreeMemory(sizes: number[]): void {
  const poisoned = sizes.map((size) => tf.fill([size], Number.NaN));
  tf.dispose(poisoned);
}

describe('pooled memory', () => {
  test('should give a slice memory of its own', async () => {
    const x = tf.add(tf.range(0, 1000), 0);
    const part = tf.slice(x, [100], [300]);
    x.dispose();
    poisonFreeMemory([1000, 1000]);
    expect((await part.data())[5]).toBe(105);
    part.dispose();
  });

  test.each([
    ['split', (x: tf.Tensor) => tf.split(x, 2)[1]!],
    ['unstack', (x: tf.Tensor) => tf.unstack(tf.reshape(x, [2, 500]))[1]!],
    ['stridedSlice', (x: tf.Tensor) => tf.stridedSlice(x, [500], [1000], [1])],
  ])('should survive the end of what it was cut from (%s)', async (_name, cut) => {
    const x = tf.add(tf.range(0, 1000), 0);
    const part = tf.tidy(() => cut(x));
    x.dispose();
    poisonFreeMemory([1000, 500, 500]);
    expect((await part.data())[0]).toBe(500);
    part.dispose();
  });

  test('should hand out copies that later kernels do not change', async () => {
    const x = tf.add(tf.ones([600]), 1);
    const read = await x.data();
    const readNow = x.dataSync();
    x.dispose();
    poisonFreeMemory([600, 600]);
    expect(read[599]).toBe(2);
    expect(readNow[0]).toBe(2);
  });

  test('should not recycle memory that two tensors share', async () => {
    const x = tf.add(tf.ones([400]), 1);
    const same = tf.reshape(x, [20, 20]);
    x.dispose();
    poisonFreeMemory([400, 400]);
    expect((await same.data())[399]).toBe(2);
    same.dispose();
  });

  test('should keep arrays of the caller out of the pool', async () => {
    const mine = new Float32Array(300).fill(7);
    const x = tf.tensor1d(mine);
    x.dispose();
    poisonFreeMemory([300, 300]);
    expect(mine[299]).toBe(7);
  });

  test('should allocate nothing new in a steady state, and count what is in use', () => {
    const backend = nativeBackend()!;
    const step = () => tf.tidy(() => void tf.sum(tf.mul(tf.relu(tf.ones([64, 129])), tf.fill([64, 129], 2))));
    step();
    const before = backend.poolStatistics();
    for (let i = 0; i < 50; i++) step();
    expect(backend.poolStatistics()).toEqual(before);
    backend.trimPool();
    expect(backend.poolStatistics().freeBytes).toBe(0);
  });

  test('should be aligned to 64 bytes and never smaller than asked', () => {
    const pool = new BufferPool(nativeBackend()!.addon.misalignment);
    for (const bytes of [1, 255, 256, 257, 5000, 1_000_001]) {
      const block = pool.take(bytes);
      expect(block.bytes).toBeGreaterThanOrEqual(bytes);
      const misalignment = nativeBackend()!.addon.misalignment(new Uint8Array(block.buffer, block.offset));
      expect(misalignment).toBe(0);
    }
  });

  test('should let go of idle memory when work moves on to larger sizes', () => {
    const pool = new BufferPool(nativeBackend()!.addon.misalignment);
    for (let mebibytes = 40; mebibytes < 700; mebibytes *= 1.25) pool.give(pool.take(mebibytes * 2 ** 20));
    const { liveBytes, freeBytes } = pool.statistics();
    expect(liveBytes).toBe(0);
    expect(freeBytes).toBeLessThan(3.1 * 700 * 2 ** 20);
  });

  test('should use freed memory for other sizes, and never for two blocks at once', () => {
    const pool = new BufferPool(nativeBackend()!.addon.misalignment);
    const live: Block[] = [];
    let state = 1;
    const random = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % n;
    };
    for (let i = 0; i < 3000; i++) {
      if (live.length < 20 || random(2) === 0)
        live.push(pool.take(random(20) === 0 ? random(2 ** 21) : random(5000)));
      else pool.give(live.splice(random(live.length), 1)[0]!);
      if (live.length > 60) pool.give(live.shift()!);
      const ordered = live.toSorted((a, b) => a.offset - b.offset);
      const overlap = ordered.findIndex(({ buffer, offset }, k) => {
        const before = ordered[k - 1];
        return before?.buffer === buffer && before.offset + before.bytes > offset;
      });
      expect(overlap).toBe(-1);
    }
    expect(pool.statistics().allocations).toBe(1);
    for (const block of live) pool.give(block);
    pool.trim();
    expect(pool.statistics()).toEqual({ liveBytes: 0, freeBytes: 0, allocations: 1 });
  });

  test('should keep the memory of two kinds of work that take turns', () => {
    const pool = new BufferPool(nativeBackend()!.addon.misalignment);
    const turn = () => [100_000, 60_000].forEach((bytes) => void pool.give(pool.take(bytes)));
    turn();
    const before = pool.statistics();
    turn();
    expect(pool.statistics()).toEqual(before);
  });
});
