import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DeviceMemory } from '../../../src/engine/webgpu/deviceMemory.js';

const [usage, otherUsage, largest] = [0x80, 0x1, 2 ** 26];
const megabyte = 2 ** 20;

interface FakeBuffer {
  readonly size: number;
  isThere: boolean;
  destroy(): void;
}

/** A memory of a device that only counts. */
function fakeMemory() {
  const created: FakeBuffer[] = [];
  const createBuffer = ({ size }: { readonly size: number }) => {
    const buffer = {
      size,
      isThere: true,
      destroy() {
        if (!this.isThere) throw new Error('destroyed twice');
        this.isThere = false;
      },
    };
    created.push(buffer);
    return buffer;
  };
  const memory = new DeviceMemory({ createBuffer }, largest);
  const take = (bytes: number, of = usage) => memory.acquireBuffer(bytes, of) as FakeBuffer;
  const there = () => created.filter(({ isThere }) => isThere);
  return { memory, take, there };
}

test('a buffer has room for the bytes, and at most an eighth more than that or 256 bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: largest }), (bytes) => {
      const { size } = fakeMemory().take(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size).toBeLessThanOrEqual(Math.max(256, 1.125 * bytes));
      expect(size).toBeLessThanOrEqual(largest);
      expect(size % 4).toBe(0);
    }),
  );
});

test('an idle buffer is used again for up to half its bytes, and for the same usage only', () => {
  const { memory, take } = fakeMemory();
  const first = take(8 * megabyte);
  memory.releaseBuffer(first);
  expect(take(8 * megabyte, otherUsage)).not.toBe(first);
  expect(take(3.4 * megabyte)).not.toBe(first);
  expect(take(4 * megabyte)).toBe(first);
  expect(take(4 * megabyte)).not.toBe(first);
});

test('the smallest idle buffer that fits is taken', () => {
  const { memory, take } = fakeMemory();
  const [large, small] = [take(8 * megabyte), take(6 * megabyte)];
  memory.releaseBuffer(small);
  memory.releaseBuffer(large);
  expect(take(5 * megabyte)).toBe(small);
  expect(take(5 * megabyte)).toBe(large);
});

test('what was idle the longest goes when there is half more than was ever in use', () => {
  const { memory, take, there } = fakeMemory();
  const sizes = [32, 8, 3].map((count) => count * megabyte);
  const [old, ...others] = sizes.map((size) => {
    const buffer = take(size);
    memory.releaseBuffer(buffer);
    return buffer;
  });
  memory.trim();
  expect(there()).toEqual([old, ...others]);
  const later = take(7 * megabyte, otherUsage);
  memory.trim();
  expect(there()).toEqual([...others, later]);
  expect(memory.numBytesAllocated).toBe(18 * megabyte);
  expect(memory.numBytesUsed).toBe(7 * megabyte);
});

test('after releasing, what comes back goes, until memory is taken again', () => {
  const { memory, take, there } = fakeMemory();
  const buffers = [take(1000), take(2000), take(5000)] as const;
  memory.releaseBuffer(buffers[0]);
  memory.releaseIdle();
  expect(there()).toEqual(buffers.slice(1));
  memory.releaseBuffer(buffers[1]);
  expect(there()).toEqual(buffers.slice(2));
  const next = take(1000);
  memory.releaseBuffer(next);
  expect(there()).toEqual([buffers[2], next]);
  memory.dispose();
  expect(there()).toEqual([]);
  expect([memory.numBytesAllocated, memory.numBytesUsed]).toEqual([0, 0]);
});

test('a buffer for one purpose has its exact size, and goes afterwards', () => {
  const { memory, there } = fakeMemory();
  const buffer = memory.acquireBuffer(1000, usage, true, false) as FakeBuffer;
  expect(buffer.size).toBe(1000);
  memory.releaseBuffer(buffer, false);
  expect(there()).toEqual([]);
});
