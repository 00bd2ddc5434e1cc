/** Archives whose parts contradict each other, or that are not of PyTorch. */
import { describe, expect, test } from '@jest/globals';
import { integers, storageNode, tensorNode } from '../../scripts/fuzz/torch/pickleWriter.js';
import { torchRecords } from '../../scripts/fuzz/torch/torchWriter.js';
import { type ArchiveOptions, type Record, zipArchive } from '../../scripts/fuzz/torch/zipWriter.js';
import { sourceOf } from '../../src/checkpoint/byteSource.js';
import { torchFileFrom } from '../../src/pytorch/torchFile.js';
import type { TorchTensor } from '../../src/pytorch/torchTensor.js';

const values = Float32Array.of(1.5, -0, 3, 4);
const node = tensorNode({
  storage: storageNode({ kind: 'float32', key: '0', length: 4 }),
  shape: integers([4]),
  strides: integers([1]),
});
const records = torchRecords(node, new Map([['0', { bytes: new Uint8Array(values.buffer), length: 4 }]]));

/** Reads the only tensor, or says why not. */
async function outcome(bytes: Uint8Array): Promise<string | Float32Array> {
  try {
    const file = await torchFileFrom(sourceOf(bytes), 'x.pt');
    return await file.readFloats(file.content as TorchTensor);
  } catch (error) {
    return (error as Error).message;
  }
}

const changed = (change: (record: Record) => Partial<Record>, options?: ArchiveOptions) =>
  outcome(
    zipArchive(
      records.map((record) => ({ ...record, ...change(record) })),
      options,
    ),
  );
const inStorage = (change: Partial<Record>) => (record: Record) => (record.name.endsWith('/0') ? change : {});
const more = (...others: Record[]) => outcome(zipArchive([...records, ...others]));
const record = (name: string, content = 'x'): Record => ({ name, content: Buffer.from(content) });

/** The extra field of zip64. */
function wide(...fields: number[]): Buffer {
  const bytes = Buffer.alloc(4 + 8 * fields.length);
  bytes.writeUInt16LE(1, 0);
  bytes.writeUInt16LE(8 * fields.length, 2);
  fields.forEach((field, i) => {
    bytes.writeBigUInt64LE(BigInt(field), 4 + 8 * i);
  });
  return bytes;
}

const most = 0xffffffff;

describe('an archive', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['as PyTorch writes it', () => changed(() => ({}))],
    ['without zip64 records', () => changed(() => ({}), { hasWideEnd: false })],
    ['without descriptors and padding', () => changed(() => ({ hasDescriptor: false, alignment: 1 }))],
    ['with known sizes and a descriptor', () => changed(inStorage({ local: { size: 16, storedSize: 16 } }))],
    ['compressed', () => changed(() => ({ isCompressed: true }))],
    ['with a comment', () => changed(() => ({}), { end: { comment: Buffer.from('a comment') } })],
    [
      'with a comment that looks like an end',
      () => changed(() => ({}), { end: { comment: Buffer.from('PK\x05\x06 and more than that, really') } }),
    ],
    [
      'with its end in zip64 only',
      () => changed(() => ({}), { end: { count: 0xffff, size: most, offset: most } }),
    ],
    [
      'with a record in zip64',
      () => changed(inStorage({ central: { size: most, storedSize: most, extra: wide(16, 16) } })),
    ],
    [
      'with zip64 in both headers',
      () =>
        changed(
          inStorage({ hasDescriptor: false, local: { size: most, storedSize: most, extra: wide(16, 16) } }),
        ),
    ],
    ['with folders', () => more(record('mine/', ''), record('mine/data/', ''))],
    [
      'with what other programs add',
      () => more(record('__MACOSX/._mine'), record('__MACOSX/mine/._data.pkl')),
    ],
    [
      'with records to come',
      () => more(record('mine/.format_version', '1'), record('mine/.data/serialization_id')),
    ],
    ['with its byte order', () => more(record('mine/byteorder', 'little'))],
  ])('should be read: %s', async (_, read) => {
    expect(await read()).toEqual(values);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'a wrong CRC',
      () => changed(inStorage({ central: { crc: 7 } })),
      'record "mine/data/0" does not match its CRC',
    ],
    [
      'a wrong CRC in both headers',
      () => changed(inStorage({ central: { crc: 7 }, local: { crc: 7 } })),
      'does not match its CRC',
    ],
    [
      'a wrong CRC of compressed data',
      () => changed((each) => ({ isCompressed: true, ...inStorage({ central: { crc: 7 } })(each) })),
      'does not match its CRC',
    ],
    [
      'a wrong CRC of the pickle',
      () => changed((each) => (each.name.endsWith('pkl') ? { central: { crc: 7 } } : {})),
      'record "mine/data.pkl" does not match',
    ],
    [
      'another CRC in the local header',
      () => changed(inStorage({ hasDescriptor: false, local: { crc: 7 } })),
      'record "mine/data/0": its header and the directory contradict',
    ],
    [
      'another size in the local header',
      () => changed(inStorage({ hasDescriptor: false, local: { size: 12 } })),
      'contradict',
    ],
    [
      'size 0 in the local header',
      () => changed(inStorage({ hasDescriptor: false, local: { size: 0, storedSize: 0 } })),
      'contradict',
    ],
    ['another method in the local header', () => changed(inStorage({ local: { method: 8 } })), 'contradict'],
    [
      'another name in the local header',
      () => changed(inStorage({ local: { name: Buffer.from('mine/data/1') } })),
      'contradict',
    ],
    [
      'a longer name in the local header',
      () => changed(inStorage({ local: { name: Buffer.from('mine/data/0 ') } })),
      'contradict',
    ],
    ['an encrypted local header', () => changed(inStorage({ local: { flags: 0x809 } })), 'contradict'],
    ['encryption', () => changed(inStorage({ central: { flags: 1 } })), 'record "mine/data/0" is encrypted'],
    [
      'another compression',
      () => changed(inStorage({ central: { method: 14 } })),
      'compressed with method 14; pack the archive again without compression',
    ],
    [
      'two sizes',
      () => changed(inStorage({ central: { size: 12 } })),
      'record "mine/data/0" has both 12 and 16 bytes',
    ],
    ['another part', () => changed(inStorage({ central: { disk: 1 } })), 'in another part'],
    [
      'zip64 sizes that are not there',
      () => changed(inStorage({ central: { size: most, storedSize: most } })),
      'has no valid sizes',
    ],
    [
      'zip64 sizes beyond numbers',
      () => changed(inStorage({ central: { size: most, storedSize: most, extra: wide(2 ** 60, 16) } })),
      'has no valid sizes',
    ],
    [
      'a size beyond the file',
      () => changed(inStorage({ central: { size: 10 ** 9, storedSize: 10 ** 9 } })),
      'overlaps what follows it',
    ],
    [
      'a storage too short',
      () => changed(inStorage({ content: Buffer.alloc(12) })),
      'expected 16 bytes for 4 float32 values, got 12',
    ],
    [
      'a compressed storage too short',
      () => changed(inStorage({ content: Buffer.alloc(12), isCompressed: true, central: { size: 16 } })),
      'expected 16 bytes after inflating',
    ],
    [
      'a compressed storage too long',
      () => changed(inStorage({ content: Buffer.alloc(10 ** 7), isCompressed: true, central: { size: 16 } })),
      'expected 16 bytes after inflating',
    ],
    [
      'compressed data that are none',
      () =>
        changed(inStorage({ central: { method: 8 }, local: { method: 8 }, content: Buffer.alloc(16, 255) })),
      'cannot be inflated',
    ],
    ['an overlap', () => changed(inStorage({ central: { offset: 0 } })), 'overlaps what follows it'],
    ['a record twice', () => more(record('mine/version')), 'it has the record "mine/version" twice'],
    ['two pickles', () => more(record('other/data.pkl')), 'it has both mine/data.pkl and other/data.pkl'],
    [
      'no storage',
      () => outcome(zipArchive(records.filter(({ name }) => !name.endsWith('/0')))),
      'no record "mine/data/0" for storage 0',
    ],
    [
      'no pickle',
      () => outcome(zipArchive(records.filter(({ name }) => !name.endsWith('pkl')))),
      'without a record data.pkl in a folder',
    ],
    [
      'a pickle without a folder',
      () => outcome(zipArchive(records.map((each) => ({ ...each, name: each.name.slice(5) })))),
      'without a record data.pkl',
    ],
    [
      'no records',
      () => outcome(Buffer.concat([Buffer.from('PK\x03\x04'), zipArchive([])])),
      'its zip64 end record is not one',
    ],
    ['a program', () => more(record('mine/constants.pkl')), 'a TorchScript archive'],
    ['code', () => more(record('mine/code/__torch__.py')), 'a TorchScript archive'],
    ['a path upwards', () => more(record('mine/../../x')), 'has a name that PyTorch does not write'],
    ['an absolute path', () => more(record('/tmp/x')), 'has a name that'],
    ['a path of Windows', () => more(record('mine\\data\\0')), 'has a name that'],
    ['a name with a line break', () => more(record('mine/\u001b\n')), 'has a name that'],
    ['a name with a 0', () => more(record('mine/data/0\0')), 'has a name that'],
    ['no name', () => more(record('')), 'has a name that'],
    [
      'a name that is not UTF-8',
      () => changed(inStorage({ central: { name: Uint8Array.of(0xff) } })),
      'a name that is not UTF-8',
    ],
    [
      'a version to come',
      () => changed((each) => (each.name.endsWith('version') ? { content: Buffer.from('11\n') } : {})),
      'its format version is "11\\n" (expected 1 to 10)',
    ],
    [
      'a version that is none',
      () => changed((each) => (each.name.endsWith('version') ? { content: Buffer.from('three') } : {})),
      'its format version is "three"',
    ],
    [
      'a long version',
      () => changed((each) => (each.name.endsWith('version') ? { content: Buffer.alloc(1000) } : {})),
      'record "mine/version" has 1000 bytes',
    ],
    [
      'an unknown byte order',
      () => more(record('mine/byteorder', 'middle')),
      'expected a byte order of little or big, got "middle"',
    ],
    [
      'bytes after the pickle',
      () =>
        changed((each) =>
          each.name.endsWith('pkl') ? { content: Buffer.concat([each.content, Buffer.alloc(3)]) } : {},
        ),
      'its pickle has 3 bytes too many',
    ],
    [
      'a pickle too large',
      () =>
        changed((each) =>
          each.name.endsWith('pkl') ? { content: Buffer.alloc(9 * 2 ** 20), isCompressed: true } : {},
        ),
      'its pickle has 9437184 bytes',
    ],
    [
      'a directory outside',
      () => changed(() => ({}), { hasWideEnd: false, end: { offset: 2 ** 31 } }),
      'which is not before its end record',
    ],
    [
      'a directory elsewhere',
      () => changed(() => ({}), { hasWideEnd: false, end: { offset: 0 } }),
      'which is not before its end record',
    ],
    [
      'more records than there are',
      () => changed(() => ({}), { hasWideEnd: false, end: { count: 4 } }),
      'its directory has no record at byte',
    ],
    [
      'fewer records than there are',
      () => changed(() => ({}), { hasWideEnd: false, end: { count: 2 } }),
      'bytes too many',
    ],
    [
      '2^60 records',
      () => changed(() => ({}), { end: { count: 0xffff }, wideEnd: { count: 2 ** 60 } }),
      'its directory has 1152921504606847000 records',
    ],
    [
      'ends that contradict each other',
      () => changed(() => ({}), { wideEnd: { count: 4 } }),
      'its two end records contradict each other',
    ],
    [
      'a zip64 end elsewhere',
      () => changed(() => ({}), { wideEnd: { locator: 2 ** 40 } }),
      'its zip64 end record is said to be at byte',
    ],
    [
      'a zip64 end that is none',
      () => changed(() => ({}), { wideEnd: { locator: 0 } }),
      'its zip64 end record is not one',
    ],
  ])('should be refused: %s', async (_, read, message) => {
    const got = await read();
    expect(got).toMatch(/^x\.pt: /);
    expect(got).toContain(message);
  });

  test('should be found by its directory, not by what lies before it', async () => {
    const hidden = zipArchive([record('mine/data.pkl', 'hostile')]);
    expect(await outcome(Buffer.concat([hidden, zipArchive(records)]))).toContain(
      'its zip64 end record is not one',
    );
  });

  test('should not be inflated without end', async () => {
    const zeros = Buffer.alloc(20_000_000);
    const storage = storageNode({ kind: 'uint8', key: '0', length: zeros.length });
    const nodes = Array.from({ length: 5 }, (__, i) =>
      tensorNode({ storage, offset: i, shape: integers([1]), strides: integers([1]) }),
    );
    const packed = torchRecords({ list: nodes }, new Map([['0', { bytes: zeros, length: zeros.length }]]));
    const bytes = zipArchive(packed.map((each) => ({ ...each, isCompressed: true })));
    const file = await torchFileFrom(sourceOf(bytes), 'x.pt');
    const read = async () => {
      for (const tensor of file.content as TorchTensor[]) await file.readIntegers(tensor);
    };
    await expect(read()).rejects.toThrow(
      'its compressed records inflate to more than 100 times the file; pack it again without',
    );
  });
});
