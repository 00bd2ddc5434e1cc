import { expect, test } from '@jest/globals';
import { crc32 } from '@node-rs/crc32';
import fc from 'fast-check';
import { OrderedDict, type PickleContent, TensorContent } from '../../src/pytorch/pickleContent.js';
import { torchFilePieces } from '../../src/pytorch/torchFilePieces.js';
import { zipParts } from '../../src/pytorch/writer/zipParts.js';
import { zipRecords } from '../support/zipRecords.js';

function fileOf(content: PickleContent, name = 'demo'): Uint8Array {
  return new Uint8Array(
    Buffer.concat([...torchFilePieces(content, name)].map((piece) => Buffer.from(piece))),
  );
}

const tensor = (length: number) =>
  new TensorContent(
    [length],
    Float32Array.from({ length }, (_, i) => -i),
  );

test('should put all records under the name of the file, in the order of their keys as texts', () => {
  const tensors = Array.from({ length: 12 }, (_, i) => [`w${i}`, tensor(i + 1)] as const);
  const file = fileOf(new OrderedDict(new Map(tensors)));
  const keys = ['0', '1', '10', '11', '2', '3', '4', '5', '6', '7', '8', '9'];
  const expected = ['data.pkl', 'byteorder', ...keys.map((key) => `data/${key}`), 'version'];
  expect(zipRecords(file).map(({ name }) => name)).toEqual(expected.map((name) => `demo/${name}`));
});

test.each(['..', 'a..b', '.hidden', 'a\\b', 'C:x', '', 'a\nb'])(
  'should name the folder archive if the name of the file could be read as a path: %j',
  (name) => {
    const [first] = zipRecords(fileOf(null, name));
    expect(first?.name).toBe('archive/data.pkl');
  },
);

test('should store records uncompressed and aligned, with the checksum of another library', () => {
  const lengths = fc.array(fc.nat(70), { maxLength: 8 });
  fc.assert(
    fc.property(lengths, fc.stringMatching(/^[a-zé日 ]{1,70}$/), (all, name) => {
      const file = fileOf(all.map(tensor), name);
      for (const { name, method, crc, size, start } of zipRecords(file)) {
        const data = file.subarray(start, start + size);
        expect({ name, method, place: start % 64, crc }).toEqual({
          name,
          method: 0,
          place: 0,
          crc: crc32(Buffer.from(data)),
        });
      }
    }),
  );
});

test('should contain the values of a tensor as they are, with the sign of zero', () => {
  const values = Float32Array.of(-0, 1.5, 1e-45);
  const file = fileOf([new TensorContent([3], values), new TensorContent([], BigInt64Array.of(-2n))]);
  const dataOf = (key: string) => {
    const { start = 0, size = 0 } = zipRecords(file).find(({ name }) => name.endsWith(`/${key}`)) ?? {};
    return file.slice(start, start + size).buffer;
  };
  expect(new Float32Array(dataOf('data/0'))).toEqual(values);
  expect(new BigInt64Array(dataOf('data/1'))).toEqual(BigInt64Array.of(-2n));
  expect(new TextDecoder().decode(dataOf('byteorder'))).toBe('little');
  expect(new TextDecoder().decode(dataOf('version'))).toBe('3\n');
});

test('should divide a large file into pieces of the same memory, whatever its size', () => {
  const content = [tensor(3_000_000), tensor(1)];
  const buffers = new Set<ArrayBufferLike>();
  let size = 0;
  for (const piece of torchFilePieces(content, 'demo')) {
    buffers.add(piece.buffer);
    size += piece.length;
  }
  expect(buffers.size).toBe(1);
  expect(size).toBe(fileOf(content).length);
  expect(size).toBeGreaterThan(12_000_000);
});

test('should use wide numbers for sizes and positions from 4 GiB on, and only there', () => {
  const size = 2 ** 32 + 5;
  const record = (name: string, size: number) => ({ name, size, parts: () => [] });
  const parts = [...zipParts([record('a', 1), record('b', size), record('c', 1)])].map((part) =>
    Buffer.from(part),
  );
  expect(parts).toHaveLength(7);
  const [, large, after, entryA, entryB, entryC, end] = parts;
  expect(large?.readUInt32LE(18)).toBe(0xffffffff);
  expect([large?.readUInt16LE(31), large?.readBigUInt64LE(35), large?.readBigUInt64LE(43)]).toEqual([
    1,
    BigInt(size),
    BigInt(size),
  ]);
  expect(after?.readUInt32LE(18)).toBe(1);
  expect([entryA?.readUInt16LE(30), entryB?.readUInt16LE(30), entryC?.readUInt16LE(30)]).toEqual([0, 20, 12]);
  expect(entryC?.readUInt32LE(42)).toBe(0xffffffff);
  const position = entryC?.readBigUInt64LE(51) ?? 0n;
  expect(position).toBeGreaterThan(BigInt(size));
  expect(end?.readUInt32LE(0)).toBe(0x06064b50);
  expect(end?.readBigUInt64LE(32)).toBe(3n);
  expect(end?.readUInt32LE(56)).toBe(0x07064b50);
});

test('should use wide numbers for many records', () => {
  const record = (name: string) => ({ name, size: 0, parts: () => [] });
  const records = Array.from({ length: 65_535 }, (_, i) => record(String(i)));
  const end = Buffer.from([...zipParts(records)].at(-1) ?? []);
  expect(end.readUInt32LE(0)).toBe(0x06064b50);
  expect(end.readBigUInt64LE(32)).toBe(65_535n);
  expect(end.readUInt16LE(end.length - 12)).toBe(0xffff);
});
