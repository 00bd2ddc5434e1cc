import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NamedTensors, TensorData } from '../../src/base/plainData.js';
import { readSafetensors, readSafetensorsHeader } from '../../src/checkpoint/readSafetensors.js';
import { writeSafetensors } from '../../src/checkpoint/writeSafetensors.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-safetensors-'));
  path = join(folder, 'x.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

async function write(tensors: NamedTensors, metadata: ReadonlyMap<string, string> = new Map()) {
  const file = await open(path, 'w');
  await writeSafetensors(file, tensors, metadata);
  await file.close();
}

function bytesOf(header: unknown, dataLength: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, Buffer.alloc(dataLength)]);
}

async function refusal(bytes: Uint8Array): Promise<string> {
  await writeFile(path, bytes);
  return readSafetensors(path).then(
    () => 'no error',
    (error: Error) => error.message.slice(path.length + 2),
  );
}

const range = (count: number) => Array.from({ length: count }, (_, i) => [`key ${i}`, '']);

const shapes = fc.array(fc.nat(4), { maxLength: 4 });
const tensor: fc.Arbitrary<TensorData> = fc
  .tuple(shapes, fc.boolean())
  .chain(([shape, float]): fc.Arbitrary<TensorData> => {
    const length = shape.reduce((product, size) => product * size, 1);
    const exact = { minLength: length, maxLength: length };
    return float
      ? fc.float32Array(exact).map((data) => ({ dtype: 'float32' as const, shape, data }))
      : fc.int32Array(exact).map((data) => ({ dtype: 'int32' as const, shape, data }));
  });
const names = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => name !== '__metadata__');

describe('safetensors', () => {
  test('should read back what was written', async () => {
    const files = fc.tuple(
      fc.uniqueArray(fc.tuple(names, tensor), { selector: ([name]) => name, maxLength: 6 }),
      fc.uniqueArray(fc.tuple(names, fc.string()), { selector: ([name]) => name, maxLength: 4 }),
    );
    const check = async ([tensors, metadata]: [[string, TensorData][], [string, string][]]) => {
      await write(new Map(tensors), new Map(metadata));
      const back = await readSafetensors(path);
      expect(new Map([...back.tensors].sort())).toEqual(new Map(tensors));
      expect(back.metadata).toEqual(new Map(metadata));
    };
    await fc.assert(fc.asyncProperty(files, check), { numRuns: 100 });
  });

  test('should start the data at a multiple of 8', async () => {
    await write(new Map([['a', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]]));
    const file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    await file.close();
    expect(Number(buffer.readBigUInt64LE()) % 8).toBe(0);
  });

  test('should read 64-bit integers and trailing spaces', async () => {
    const header = `${JSON.stringify({ n: { dtype: 'I64', shape: [2], data_offsets: [0, 16] } })}   `;
    const bytes = bytesOf(header, 16);
    bytes.writeBigInt64LE(-5n, bytes.length - 16);
    await writeFile(path, bytes);
    const { tensors } = await readSafetensors(path);
    expect(tensors.get('n')).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(-5, 0) });
    bytes.writeBigInt64LE(2n ** 40n, bytes.length - 16);
    expect(await refusal(bytes)).toContain('expected integers of 32 bits, got 1099511627776');
  });

  const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const a = f32([1], 0, 4);

  test.each<[string, unknown, number, string]>([
    ['a hole', { a, b: f32([1], 8, 12) }, 12, 'expected data of "b" at byte 4, got 8'],
    ['an overlap', { a, b: f32([1], 0, 4) }, 4, 'expected data of "b" at byte 4, got 0'],
    ['missing data', { a, b: f32([1], 4, 8) }, 4, 'expected 8 bytes of tensors, got 4'],
    ['too much data', { a }, 8, 'expected 4 bytes of tensors, got 8'],
    ['a wrong length', { a: f32([2], 0, 4) }, 4, 'expected 8 bytes for [2], got 4'],
    ['terabytes', { a: f32([2 ** 40], 0, 2 ** 42) }, 4, 'expected 4398046511104 bytes of tensors, got 4'],
    ['overflowing sizes', { a: f32([2 ** 52, 2 ** 52, 0.5], 0, 4) }, 4, 'expected a shape'],
    ['a negative size', { a: f32([-1], 0, 4) }, 4, 'expected a shape'],
    ['a backward range', { a: f32([1], 4, 0) }, 4, 'expected a range of bytes'],
    ['an unknown type', { a: { ...a, dtype: 'Q9' } }, 4, 'expected a dtype of F32, BF16, I32, I64, got "Q9"'],
    ['an inherited type', { a: { ...a, dtype: 'toString' } }, 4, 'expected a dtype'],
    ['an unknown key', { a: { ...a, extra: 1 } }, 4, 'unknown key "extra"'],
    ['a name twice', `{"a":${JSON.stringify(a)},"\\u0061":${JSON.stringify(a)}}`, 4, 'got a name twice'],
    ['metadata that is no text', { __metadata__: { x: 1 }, a }, 4, 'metadata "x": expected a text'],
    ['a type that nests', `{"a":{"dtype":${'['.repeat(2e5)}${']'.repeat(2e5)}}}`, 0, 'got [[[[...]]]]'],
    [
      'a nesting tensor',
      `{"a":${'['.repeat(2e5)}${']'.repeat(2e5)}}`,
      0,
      'expected an object, got [[[[...]]]]',
    ],
    ['no shape', { a: { dtype: 'F32' } }, 0, '"a": expected a shape, got nothing'],
    [
      'a text of 10 MB',
      { a: { dtype: 'F'.repeat(1e7) } },
      0,
      'expected a dtype of F32, BF16, I32, I64, got "FFF',
    ],
    ['a name of 10 MB', { ['n'.repeat(1e7)]: 1 }, 0, 'nnn...": expected an object, got 1'],
    ['a header of 20 MB', ' '.repeat(2e7), 0, 'expected a header of at most 16777216 bytes, got 20000000'],
    ['thousands of notes', { __metadata__: Object.fromEntries(range(2000)) }, 0, 'at most 1000 entries'],
    ['a million keys', Object.fromEntries(range(1e6)), 0, 'expected at most 400000 values in its header'],
    ['a list', '[]', 0, '"header": expected an object'],
    ['no JSON', '{"a":', 0, 'expected a header in JSON'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('latin1'), 0, '"header": expected an object'],
  ])('should refuse %s', async (_, header, dataLength, message) => {
    expect(await refusal(bytesOf(header, dataLength))).toContain(message);
  });

  test('should not believe a header length', async () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(2n ** 63n);
    expect(await refusal(bytes)).toContain('expected a header of at most 8 bytes, got 9223372036854775808');
    expect(await refusal(Buffer.alloc(3))).toContain('expected at least 8 bytes, got 3');
  });

  test('should keep every message short', async () => {
    for (const dtype of ['F'.repeat(1e6), Array(1e6).fill('F')]) {
      expect((await refusal(bytesOf({ a: { ...a, dtype } }, 4))).length).toBeLessThan(300);
      expect((await refusal(bytesOf({ a: { ...a, shape: dtype } }, 4))).length).toBeLessThan(300);
    }
    const shape = Array(1e6).fill(1);
    expect((await refusal(bytesOf({ a: { ...a, shape } }, 5))).length).toBeLessThan(300);
  });

  test('should refuse a folder, and a pipe and a device without waiting for them', async () => {
    const [pipe, device] = [join(folder, 'pipe'), join(folder, 'device')];
    await promisify(execFile)('mkfifo', [pipe]);
    await symlink('/dev/zero', device);
    for (const other of [folder, pipe, device]) {
      await expect(readSafetensors(other)).rejects.toThrow(/cannot be read: it is not a file$/);
    }
  });

  test('should refuse terabytes that the file bears out with a hole', async () => {
    const length = 2 ** 42;
    await writeFile(path, bytesOf({ a: f32([length / 4], 0, length) }, 0));
    await truncate(path, (await stat(path)).size + length);
    await expect(readSafetensors(path)).rejects.toThrow(/its \d+ bytes exceed this machine's memory/);
    await rm(path);
  });

  test('should read only the header of a file over 2 GiB', async () => {
    const length = 3 * 2 ** 30;
    await writeFile(path, bytesOf({ a: f32([length / 4], 0, length) }, 0));
    const file = await open(path, 'r+');
    await file.truncate((await file.stat()).size + length); // sparse
    await file.close();
    expect((await readSafetensorsHeader(path)).tensors.get('a')?.end).toBe(length);
    await rm(path);
  });
});
