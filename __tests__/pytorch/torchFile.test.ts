import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { integers, storageNode, tensorNode, type Written } from '../../scripts/fuzz/torch/pickleWriter.js';
import { type Storages, torchOld, torchRecords, torchZip } from '../../scripts/fuzz/torch/torchWriter.js';
import { zipArchive } from '../../scripts/fuzz/torch/zipWriter.js';
import { type ByteSource, sourceOf } from '../../src/checkpoint/byteSource.js';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { withFile } from '../../src/checkpoint/withFile.js';
import { isTorchFile } from '../../src/pytorch/isTorchFile.js';
import { isDict, isTensor, type PickleValue } from '../../src/pytorch/pickleValue.js';
import { type TorchFile, torchFileFrom } from '../../src/pytorch/torchFile.js';
import { itemSizes, type TensorKind, type TorchTensor } from '../../src/pytorch/torchTensor.js';

const open = (bytes: Uint8Array) => torchFileFrom(sourceOf(bytes), 'x.pt');
const refusal = (bytes: Uint8Array) =>
  open(bytes).then(
    () => 'no error',
    (error: Error) => error.message,
  );

/** All tensors of a content, whatever it is. */
function tensorsOf(content: PickleValue): TorchTensor[] {
  const found = new Set<PickleValue>([content]);
  for (const value of found) {
    if (isDict(value)) for (const [key, inner] of value) found.add(key).add(inner);
    else if (Array.isArray(value)) for (const inner of value) found.add(inner);
  }
  return [...found].filter(isTensor);
}

const valuesOf = (file: TorchFile, tensor: TorchTensor): Promise<ArrayLike<number | bigint>> =>
  tensor.kind.includes('float') ? file.readFloats(tensor) : file.readIntegers(tensor);

/** A tensor of random kind and form, with the storage that it needs. */
const anyTensor = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(itemSizes) as TensorKind[])),
    axes: fc.array(fc.tuple(fc.nat(4), fc.nat(9)), { maxLength: 4 }),
    offset: fc.nat(5),
    unused: fc.nat(5),
  })
  .chain(({ kind, axes, offset, unused }) => {
    const reach = axes.reduce((sum, [size, stride]) => sum + Math.max(0, size - 1) * stride, offset);
    const length = reach + 1 + unused;
    const bytes = fc.uint8Array({ minLength: length * itemSizes[kind], maxLength: length * itemSizes[kind] });
    return bytes.map((content) => ({
      kind,
      axes,
      offset,
      length,
      content: kind === 'bool' ? content.map((byte) => byte & 1) : content,
    }));
  });

/** The value at a position of a storage, by `DataView`. */
function valueAt(kind: TensorKind, bytes: Uint8Array, index: number): number | bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const at = index * itemSizes[kind];
  if (kind === 'float32') return view.getFloat32(at, true);
  if (kind === 'float64') return Math.fround(view.getFloat64(at, true));
  if (kind === 'bfloat16')
    return valueAt('float32', Uint8Array.of(0, 0, bytes[at] ?? 0, bytes[at + 1] ?? 0), 0);
  if (kind === 'float16') return half(view.getUint16(at, true));
  if (kind === 'int64') return view.getBigInt64(at, true);
  if (kind === 'int32') return BigInt(view.getInt32(at, true));
  if (kind === 'int16') return BigInt(view.getInt16(at, true));
  return BigInt(kind === 'int8' ? view.getInt8(at) : view.getUint8(at));
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function positions(axes: readonly (readonly [number, number])[], offset: number): number[] {
  return axes.reduce(
    (before, [size, stride]) =>
      before.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * stride)),
    [offset],
  );
}

describe('a PyTorch file', () => {
  test.each<[string, (content: Written, storages: Storages) => Buffer]>([
    ['a zip archive', torchZip],
    ['the old format', torchOld],
    [
      'a packed zip archive',
      (content, storages) =>
        zipArchive(
          torchRecords(content, storages).map((record) => ({
            ...record,
            isCompressed: true,
            hasDescriptor: false,
            alignment: 1,
          })),
          { hasWideEnd: false },
        ),
    ],
  ])('should give the values of any tensor, row-major: %s', async (_, bytesOf) => {
    const check = async (tensors: (typeof anyTensor extends fc.Arbitrary<infer T> ? T : never)[]) => {
      const storages = new Map(
        tensors.map(({ content, length }, i) => [String(i), { bytes: content, length }]),
      );
      const nodes = tensors.map(({ kind, axes, offset, length }, i) => {
        const storage = storageNode({ kind, key: String(i), length });
        return tensorNode({
          storage,
          offset,
          shape: integers(axes.map(([size]) => size)),
          strides: integers(axes.map(([, stride]) => stride)),
        });
      });
      const file = await open(bytesOf({ list: nodes }, storages));
      for (const [i, { kind, axes, offset, content }] of tensors.entries()) {
        const tensor = (file.content as TorchTensor[])[i] as TorchTensor;
        const expected = positions(axes, offset).map((at) => valueAt(kind, content, at));
        const got = await valuesOf(file, tensor);
        expect(got.length).toBe(expected.length);
        expected.forEach((value, at) => {
          expect(got[at]).toBe(value);
        });
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(anyTensor, { minLength: 1, maxLength: 4 }), check), {
      numRuns: 60,
    });
  });

  test('should read every half-precision value exactly', async () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const bytes = new Uint8Array(bits.buffer);
    const node = tensorNode({
      storage: storageNode({ kind: 'float16', key: '0', length: bits.length }),
      shape: integers([bits.length]),
      strides: integers([1]),
    });
    const file = await open(torchZip(node, new Map([['0', { bytes, length: bits.length }]])));
    const values = await file.readFloats(file.content as TorchTensor);
    expect(bits.every((half_, i) => Object.is(values[i], half(half_)))).toBe(true);
  });

  test('should keep the bits of NaN in float32, also in a transposed tensor', async () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x7f800001, 0x68000000);
    const storage = storageNode({ kind: 'float32', key: '0', length: 4 });
    const transposed = tensorNode({ storage, shape: integers([2, 2]), strides: integers([1, 2]) });
    const file = await open(
      torchZip(transposed, new Map([['0', { bytes: new Uint8Array(bits.buffer), length: 4 }]])),
    );
    const values = await file.readFloats(file.content as TorchTensor);
    expect([...new Uint32Array(values.buffer)]).toEqual([0x7fc00001, 0x7f800001, 0xffc12345, 0x68000000]);
  });

  test('should refuse to read one kind as another', async () => {
    const file = await open(one('int32', 2));
    await expect(file.readFloats(file.content as TorchTensor)).rejects.toThrow(
      'x.pt: expected floating-point values, got int32',
    );
    const floats = await open(one('float16', 2));
    await expect(floats.readIntegers(floats.content as TorchTensor)).rejects.toThrow(
      'x.pt: expected integers, got float16',
    );
  });

  test('should never lay out more than there is memory for', async () => {
    const shape = integers([4, 2, 3_000_000, 3_000_000]);
    const storage = storageNode({ kind: 'float32', key: '0', length: 1 });
    const node = tensorNode({ storage, shape, strides: integers([0, 0, 0, 0]) });
    const file = await open(torchZip(node, new Map([['0', { bytes: new Uint8Array(4), length: 1 }]])));
    await expect(file.readFloats(file.content as TorchTensor)).rejects.toThrow(
      'x.pt: there is no memory for a tensor of',
    );
  });

  test('should refuse few values scattered over much', async () => {
    const length = 68_000_000;
    const storage = storageNode({ kind: 'uint8', key: '0', length });
    const node = tensorNode({ storage, shape: integers([2]), strides: integers([length - 1]) });
    const file = await open(torchZip(node, new Map([['0', { bytes: new Uint8Array(length), length }]])));
    await expect(file.readIntegers(file.content as TorchTensor)).rejects.toThrow(
      'a tensor of 2 values lies scattered over 68000000 bytes of storage 0',
    );
  });

  test('should read a tensor in the middle of a large storage, in pieces', async () => {
    const length = 3_000_001;
    const values = Float32Array.from({ length }, (_, i) => i);
    const storage = storageNode({ kind: 'float32', key: '0', length });
    const views = [[1_000_003, 700_000] as const, [0, 5] as const, [length - 3, 3] as const];
    const nodes = views.map(([offset, size]) =>
      tensorNode({ storage, offset, shape: integers([size]), strides: integers([1]) }),
    );
    const storages = new Map([['0', { bytes: new Uint8Array(values.buffer), length }]]);
    for (const bytes of [torchZip({ list: nodes }, storages), torchOld({ list: nodes }, storages)]) {
      const reads: number[] = [];
      const whole = sourceOf(bytes);
      const file = await torchFileFrom(
        {
          ...whole,
          read: (target, position) => {
            reads.push(target.length);
            return whole.read(target, position);
          },
        },
        'x.pt',
      );
      for (const [i, [offset, size]] of views.entries()) {
        const tensor = (file.content as TorchTensor[])[i] as TorchTensor;
        const got = Buffer.from((await file.readFloats(tensor)).buffer);
        expect(got.equals(Buffer.from(values.buffer, 4 * offset, 4 * size))).toBe(true);
      }
      expect(reads.length).toBeLessThan(40);
    }
  });
});

function one(kind: TensorKind, length: number): Buffer {
  const storage = storageNode({ kind, key: '0', length });
  const bytes = new Uint8Array(length * itemSizes[kind]).fill(1);
  return torchZip(
    tensorNode({ storage, shape: integers([length]), strides: integers([1]) }),
    new Map([['0', { bytes, length }]]),
  );
}

describe('isTorchFile', () => {
  const safetensors = (first: number, second: number) => Uint8Array.of(first, second, 0, 0, 0, 0, 0, 0, 0x7b);
  test.each<[boolean, string, Uint8Array]>([
    [true, 'a zip archive', one('uint8', 1)],
    [true, 'the old format', torchOld(null, new Map())],
    [true, 'a pickle of protocol 4', Uint8Array.of(0x80, 4, 0x4e, 0x2e)],
    [true, 'gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3)],
    [false, 'nothing', new Uint8Array()],
    [false, 'one byte', Uint8Array.of(0x80)],
    [false, 'text', Buffer.from('channel_towers: 4')],
    [false, 'a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47)],
    [false, 'safetensors with a header as long as a pickle begins', safetensors(0x80, 2)],
    [false, 'safetensors with a header as long as gzip begins', safetensors(0x1f, 0x8b)],
  ])('should be %s for %s', async (expected, _, bytes) => {
    expect(await isTorchFile(sourceOf(bytes))).toBe(expected);
  });
});

describe('other files', () => {
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), 'x.pt: an empty file'],
    ['text', Buffer.from('channel_towers: 4\n'), 'x.pt: not a file of torch.save'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), 'x.pt: packed with gzip; unpack it first'],
    [
      'a plain pickle',
      torchOld(null, new Map(), { magic: { dict: [] } }),
      'x.pt: a pickle, but not one of torch.save',
    ],
    [
      'another version',
      torchOld(null, new Map(), { version: 1002 }),
      'its format version is 1002 (expected 1001)',
    ],
    [
      'another byte order',
      torchOld(null, new Map(), { system: { dict: [['little_endian', false]] } }),
      'big-endian byte order',
    ],
    [
      'no byte order',
      torchOld(null, new Map(), { system: 7 }),
      'expected an entry little_endian, got nothing',
    ],
    ['no list of storages', torchOld(null, new Map(), { keys: 'x' }), 'expected a list of storages, got "x"'],
    [
      'a storage of nobody',
      torchOld(null, new Map(), { keys: { list: ['1'] } }),
      'storage "1" belongs to no tensor',
    ],
    [
      'bytes behind the end',
      Buffer.concat([torchOld(null, new Map()), Buffer.alloc(1)]),
      'for its 0 storages',
    ],
  ])('should be answered clearly: %s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toContain(message);
  });
});

const storages: Storages = new Map([
  ['0', { bytes: Uint8Array.from({ length: 24 }, (_, i) => i), length: 6 }],
  ['1', { bytes: Uint8Array.from({ length: 16 }, (_, i) => 40 + i), length: 2 }],
]);
const content: Written = {
  dict: [
    ['epoch', 3],
    [
      'state_dict',
      {
        ordered: [
          [
            'a',
            tensorNode({
              storage: storageNode({ kind: 'float32', key: '0', length: 6 }),
              shape: integers([2, 3]),
              strides: integers([3, 1]),
            }),
          ],
          [
            'b',
            tensorNode({
              storage: storageNode({ kind: 'int64', key: '1', length: 2 }),
              shape: integers([2]),
              strides: integers([1]),
            }),
          ],
        ],
        attributes: { dict: [] },
      },
    ],
    ['model_arch', 'model_configs/a.yaml'],
  ],
};

/** Reads everything; null if that is refused. */
async function everything(bytes: Uint8Array): Promise<string | null> {
  try {
    const file = await open(bytes);
    const read = tensorsOf(file.content).filter(({ shape }) => shape.reduce((a, b) => a * b, 1) < 1e6);
    const values = await Promise.all(read.map((tensor) => valuesOf(file, tensor)));
    const plain = isDict(file.content)
      ? [file.content.get('epoch'), file.content.get('model_arch')]
      : file.content;
    return JSON.stringify([plain, values.map((each) => Array.from(each, String))]);
  } catch (error) {
    if (error instanceof CheckpointError && error.message.startsWith('x.pt: ') && error.message.length < 400)
      return null;
    throw error;
  }
}

describe('damage', () => {
  test('should be found wherever one bit of an archive is flipped, or change nothing', async () => {
    const bytes = torchZip(content, storages);
    const whole = await everything(bytes);
    expect(whole).not.toBeNull();
    const outcomes = new Set<string | null>();
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      outcomes.add(await everything(flipped));
    }
    expect(outcomes).toEqual(new Set([whole, null]));
  });

  test('should never end in anything but a clear refusal or a value, in the old format', async () => {
    const bytes = torchOld(content, storages);
    const check = async (flips: [number, number][]) => {
      const flipped = Buffer.from(bytes);
      for (const [at, bit] of flips)
        flipped[at % bytes.length] = (flipped[at % bytes.length] ?? 0) ^ (1 << bit);
      await everything(flipped);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length), fc.nat(7)), { minLength: 1, maxLength: 4 }),
        check,
      ),
      { numRuns: 1000 },
    );
  });

  test('should be found wherever a file is cut', async () => {
    for (const bytes of [torchZip(content, storages), torchOld(content, storages)]) {
      for (let length = 0; length < bytes.length; length += 1) {
        expect(await everything(bytes.subarray(0, length))).toBeNull();
      }
    }
  });

  test('should be found when a file becomes shorter while it is read', async () => {
    for (const bytes of [torchZip(content, storages), torchOld(content, storages)]) {
      const source = sourceOf(bytes);
      let size = bytes.length;
      const shrinking: ByteSource = {
        size: bytes.length,
        read: (target, position) => sourceOf(bytes.subarray(0, size)).read(target, position),
      };
      const file = await torchFileFrom(shrinking, 'x.pt');
      size = 20;
      for (const tensor of tensorsOf(file.content))
        await expect(valuesOf(file, tensor)).rejects.toThrow('x.pt: damaged PyTorch file: expected at least');
      expect(source.size).toBe(bytes.length);
    }
  });
});

const shared = fileURLToPath(new URL('../../../shared/pytorch/damaged/', import.meta.url));
interface Case {
  readonly file: string;
  readonly expect: 'load' | 'refuse' | 'either';
  readonly say: readonly string[];
}
/** Faults of a whole file: its tensors are not those of the model. */
const laterFaults = [
  'expand_bomb',
  'missing_tensor',
  'wrong_shape',
  'nan',
  'other_architecture',
  'no_state_dict',
  'adam',
  'optimizer_gap',
  'optimizer_shape',
];
const cases = existsSync(shared)
  ? (JSON.parse(readFileSync(join(shared, 'index.json'), 'utf8')) as { files: Case[] }).files
  : [];

(cases.length > 0 ? describe : describe.skip)('recorded damage', () => {
  test.each(cases.map((each) => [each.file, each] as const))(
    'should be answered as it must: %s',
    async (name, each) => {
      const begin = performance.now();
      const outcome = await withFile(join(shared, name), async (source) => {
        const file = await torchFileFrom(source, name);
        for (const tensor of tensorsOf(file.content)) {
          if (tensor.shape.reduce((a, b) => a * b, 1) < 1e6) await valuesOf(file, tensor);
        }
        return 'read';
      }).catch((error: CheckpointError) => error.message);
      expect(performance.now() - begin).toBeLessThan(5000);
      const isLater = laterFaults.includes(name.split('.')[0] ?? '');
      if (outcome === 'read') expect(isLater || each.expect !== 'refuse').toBe(true);
      else {
        expect(each.expect).not.toBe('load');
        expect(outcome.startsWith(`${name}: `)).toBe(true);
        if (each.say.length > 0) expect(outcome).toMatch(new RegExp(each.say.join('|'), 'i'));
      }
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );
});
