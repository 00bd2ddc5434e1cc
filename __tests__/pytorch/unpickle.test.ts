import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  integers,
  type Node,
  op,
  pickleOf,
  storageNode,
  tensorNode,
  type Written,
} from '../../scripts/fuzz/torch/pickleWriter.js';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { describePickleValue } from '../../src/pytorch/describePickleValue.js';
import { opcodes } from '../../src/pytorch/pickle/opcodes.js';
import { unpickle } from '../../src/pytorch/pickle/unpickle.js';
import { isTensor, type PickleValue } from '../../src/pytorch/pickleValue.js';

const read = (value: Written) => unpickle(pickleOf(value), 'x.pt').content;

function refusal(bytes: Uint8Array): string {
  try {
    unpickle(bytes, 'x.pt');
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
  return 'no error';
}

const refused = (value: Written) => refusal(pickleOf(value));
const raw = (...bytes: (number | string | Uint8Array)[]): Buffer =>
  Buffer.concat(bytes.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : Buffer.from(part))));
const program = (...parts: (number | string | Uint8Array)[]) => refusal(raw(op('PROTO', 2), ...parts));

const plain: fc.Arbitrary<Written> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 2000n), max: 2n ** 2000n }),
  fc.double().map((float) => ({ float })),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', 'toString'),
);
const key = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor'),
  fc.integer(),
);
const { value: anyValue } = fc.letrec<{ value: Written }>((tie) => {
  const entries = fc.uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name, maxLength: 5 });
  return {
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      plain,
      fc.array(tie('value'), { maxLength: 5 }).map((list) => ({ list })),
      fc.array(tie('value'), { maxLength: 5 }).map((tuple) => ({ tuple })),
      entries.map((dict) => ({ dict })),
      entries.map((ordered) => ({ ordered })),
      entries.map((ordered) => ({
        ordered,
        attributes: { dict: [['_metadata', { ordered: [] }]] as const },
      })),
    ),
  };
});

/** What a written value is after reading. */
function expected(value: Written): PickleValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if ('float' in value) return value.float;
  if ('list' in value) return value.list.map(expected);
  if ('tuple' in value) return value.tuple.map(expected);
  const entries = 'dict' in value ? value.dict : 'ordered' in value ? value.ordered : [];
  return new Map(entries.map(([name, inner]) => [expected(name), expected(inner)]));
}

describe('unpickle', () => {
  test('should read back any plain value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(read(value)).toEqual(expected(value));
      }),
      { numRuns: 300 },
    );
  });

  test('should tell the position after the pickle', () => {
    const bytes = pickleOf('x');
    expect(unpickle(Buffer.concat([bytes, bytes]), 'x.pt', bytes.length)).toMatchObject({
      content: 'x',
      end: 2 * bytes.length,
    });
  });

  test('should keep integers that a number cannot hold', () => {
    const values = [2n ** 53n, -(2n ** 53n), 0x1950a86a20f9469cfc6cn, -(2n ** 2000n)];
    expect(read({ list: values })).toEqual(values);
    expect(read({ list: [2n ** 53n - 1n, -(2n ** 53n) + 1n, -1n, -256n, -32_769] })).toEqual([
      2 ** 53 - 1,
      1 - 2 ** 53,
      -1,
      -256,
      -32_769,
    ]);
    expect(unpickle(raw(op('PROTO', 2), op('LONG1', 0), op('STOP')), 'x.pt').content).toBe(0);
  });

  test('should keep -0 and NaN', () => {
    const [zero, nan] = read({ tuple: [{ float: -0 }, { float: Number.NaN }] }) as number[];
    expect(zero).toBe(-0);
    expect(nan).toBeNaN();
  });

  test('should read a value that is in several places once, and one that contains itself', () => {
    let list: Node = { list: [] };
    for (let i = 0; i < 60; i += 1) list = { list: [list, list] };
    expect(describePickleValue(read(list))).toBe('a list of 2');
    const own = raw(
      op('PROTO', 2),
      op('EMPTY_LIST'),
      op('BINPUT', 0),
      op('BINGET', 0),
      op('APPEND'),
      op('STOP'),
    );
    const { content } = unpickle(own, 'x.pt');
    expect((content as PickleValue[])[0]).toBe(content);
  });

  test('should read nested values without recursion', () => {
    const depth = 200_000;
    const bytes = raw(
      op('PROTO', 2),
      Buffer.alloc(depth, op('EMPTY_LIST')),
      Buffer.alloc(depth - 1, op('APPEND')),
      op('STOP'),
    );
    expect(describePickleValue(unpickle(bytes, 'x.pt').content)).toBe('a list of 1');
  });

  test('should drop attributes, and give nothing a prototype of the file', () => {
    const hostile: Written = {
      dict: [
        ['__proto__', { dict: [['polluted', true]] }],
        ['constructor', 1],
      ],
    };
    const content = read({ ordered: [['__proto__', hostile]], attributes: hostile });
    expect(content).toEqual(new Map([['__proto__', expected(hostile)]]));
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get([], 'polluted')).toBeUndefined();
  });

  test('should have storages of tensors, once each', () => {
    const storage = storageNode({ kind: 'int16', key: '7', length: 12 });
    const tensor = tensorNode({ storage, offset: 3, shape: integers([2, 3]), strides: integers([3, 1]) });
    const parameter = {
      call: { global: ['torch._utils', '_rebuild_parameter'] },
      values: { tuple: [tensor, true, { ordered: [] }] },
    } as const;
    const { content, storages } = unpickle(pickleOf({ list: [tensor, parameter] }), 'x.pt');
    const [first, second] = content as PickleValue[];
    expect(isTensor(first) && first).toMatchObject({
      kind: 'int16',
      shape: [2, 3],
      offset: 3,
      strides: [3, 1],
    });
    expect(second).toBe(first);
    expect([...storages.keys()]).toEqual(['7']);
  });
});

const call = (module: string, name: string, ...values: Written[]): Written => ({
  call: { global: [module, name] },
  values: { tuple: values },
});

describe('what a pickle must not contain', () => {
  test.each([
    ['posix', 'system'],
    ['os', 'system'],
    ['builtins', 'eval'],
    ['torch.hub', 'load'],
    ['torch', 'hub.load'],
    ['torch.storage', '_load_from_bytes'],
    ['torch._utils', '_rebuild_tensor'],
    ['torch', 'QInt8Storage'],
    ['torch', 'float32'],
    ['collections', 'Counter'],
    ['collections.OrderedDict', ''],
    ['__builtin__', 'getattr'],
    ['torch', '__proto__'],
  ])('should be refused by name, even if it is not called: %s %s', (module, name) => {
    const message = `x.pt: its pickle names ${module}.${name}, which is `;
    expect(refused(call(module, name, 'touch /tmp/x'))).toContain(message);
    expect(refused({ global: [module, name] })).toContain(message);
  });

  test('should be named on one line, whatever its name', () => {
    const message = refused({ global: ['\u001b[2Jx\r', 'y'.repeat(1_000_000)] });
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(400);
  });

  test.each([0, 1, 3, 4, 5, 255])('should be refused by its protocol: %d', (protocol) => {
    expect(refusal(Uint8Array.of(0x80, protocol, 0x4e, 0x2e))).toBe(
      `x.pt: its pickle has protocol ${protocol} (expected 2); save it again with torch.save(content, path)`,
    );
  });

  test('should be refused for every opcode that is not needed', () => {
    const needed = new Set<number>(Object.values(opcodes));
    for (let opcode = 0; opcode < 256; opcode += 1) {
      if (needed.has(opcode)) continue;
      const hex = `0x${opcode.toString(16).padStart(2, '0')}`;
      expect(program(opcode)).toMatch(
        new RegExp(`^x\\.pt: its pickle uses the opcode .*${hex}.* at byte 2, `),
      );
    }
    expect(program('i')).toContain('the opcode INST (0x69)');
    expect(program(0x81)).toContain('the opcode NEWOBJ (0x81)');
  });

  test.each<[string, Written | Buffer, string]>([
    ['a second PROTO', raw(op('PROTO', 2), op('PROTO', 2)), 'opcode 0x80'],
    ['no PROTO', raw(op('NONE'), op('STOP')), 'expected a pickle of protocol 2'],
    ['nothing', raw(), 'ends within a value (byte 0)'],
    ['an empty stack', raw(op('PROTO', 2), op('STOP')), 'takes a value where there is none'],
    [
      'a value below a mark',
      raw(op('PROTO', 2), op('NONE'), op('MARK'), op('TUPLE1')),
      'takes a value where there is none',
    ],
    ['no mark', raw(op('PROTO', 2), op('NONE'), op('TUPLE')), 'takes values where there are none'],
    [
      'a value too many',
      raw(op('PROTO', 2), op('NONE'), op('NONE'), op('STOP')),
      'ends with more than one value',
    ],
    [
      'a mark too many',
      raw(op('PROTO', 2), op('MARK'), op('NONE'), op('STOP')),
      'ends with more than one value',
    ],
    ['a value never remembered', raw(op('PROTO', 2), op('BINGET', 3)), 'refers to value 3'],
    [
      'appending to a tuple',
      raw(op('PROTO', 2), op('EMPTY_TUPLE'), op('NONE'), op('APPEND')),
      'appends to []',
    ],
    [
      'appending to a text',
      raw(op('PROTO', 2), op('BINUNICODE', 0, 0, 0, 0), op('NONE'), op('APPEND')),
      'appends to ""',
    ],
    [
      'a key of a list',
      raw(op('PROTO', 2), op('EMPTY_LIST'), op('NONE'), op('NONE'), op('SETITEM')),
      'sets a key of []',
    ],
    [
      'a key without a value',
      raw(op('PROTO', 2), op('EMPTY_DICT'), op('MARK'), op('NONE'), op('SETITEMS')),
      'a key without a value',
    ],
    ['a list as a key', { dict: [[{ list: [] }, 1]] }, 'has [] as a key'],
    [
      'a key twice',
      {
        ordered: [
          ['a', 1],
          ['a', 2],
        ],
      },
      'has the key "a" twice',
    ],
    [
      'attributes of a dict',
      { call: { dict: [] }, values: { raw: raw(op('EMPTY_DICT'), op('BUILD')) } },
      'sets attributes of a dict of 0',
    ],
    ['attributes that are no dict', { ordered: [], attributes: 3 }, 'sets attributes to 3'],
    ['a call of a text', { call: 'os.system', values: { tuple: [] } }, 'calls "os.system"'],
    [
      'a call without a tuple',
      { call: { global: ['collections', 'OrderedDict'] }, values: { list: [] } },
      'without a tuple',
    ],
    [
      'an OrderedDict of something',
      call('collections', 'OrderedDict', { list: [] }),
      'calls collections.OrderedDict with 1 arguments',
    ],
    ['a call of a storage', call('torch', 'FloatStorage'), 'calls torch.FloatStorage with 0 arguments'],
    [
      'a name as a value',
      { list: [{ global: ['collections', 'OrderedDict'] }] },
      'has collections.OrderedDict where a value is expected',
    ],
    [
      'a name in a tuple as a value',
      { list: [{ tuple: [{ tuple: [{ global: ['torch', 'FloatStorage'] }] }] }] },
      'where a value is expected',
    ],
    [
      'a storage as the content',
      storageNode({ kind: 'uint8', key: '1', length: 3 }),
      'has storage 1 where a value is expected',
    ],
    [
      'a text cut off',
      raw(op('PROTO', 2), op('BINUNICODE', 240, 255, 255, 255), 'short'),
      'ends within a value',
    ],
    ['an integer cut off', raw(op('PROTO', 2), op('LONG1', 200), 'short'), 'ends within a value'],
    ['a name cut off', raw(op('PROTO', 2), op('GLOBAL'), 'torch\nFloat'), 'ends within a value'],
    ['a text that is not UTF-8', raw(op('PROTO', 2), op('BINUNICODE', 1, 0, 0, 0), 0xff), 'not UTF-8'],
  ])('should be answered clearly: %s', (_, value, message) => {
    expect(value instanceof Uint8Array ? refusal(value) : refused(value)).toContain(message);
  });

  test('should be refused when it has millions of values', () => {
    for (const opcode of ['EMPTY_DICT', 'EMPTY_LIST', 'EMPTY_TUPLE', 'MARK', 'NONE'] as const) {
      expect(program(Buffer.alloc(2_100_000, op(opcode)))).toContain('far more values than a checkpoint');
    }
  });
});

const storage = storageNode({ kind: 'float32', key: '4', length: 12 });
const whole = { storage, shape: integers([3, 4]), strides: integers([4, 1]) };

describe('a tensor', () => {
  test.each<[string, Written, string]>([
    [
      'offset outside',
      tensorNode({ ...whole, offset: 1 }),
      'a tensor in storage 4 reaches to value 12, but the storage has 12 values',
    ],
    ['stride too wide', tensorNode({ ...whole, strides: integers([4, 2]) }), 'reaches to value 14'],
    ['negative offset', tensorNode({ ...whole, offset: -4 }), 'expected an offset, got -4'],
    ['float offset', tensorNode({ ...whole, offset: { float: 0 } }), 'expected an offset'],
    [
      'offset beyond numbers',
      tensorNode({ ...whole, offset: 2n ** 64n }),
      'expected an offset, got 18446744073709551616',
    ],
    [
      'negative sizes',
      tensorNode({ ...whole, shape: integers([-3, -4]) }),
      'expected a size of counts, got [-3,-4]',
    ],
    ['negative stride', tensorNode({ ...whole, strides: integers([4, -1]) }), 'expected 2 strides'],
    [
      'float size',
      tensorNode({ ...whole, shape: { tuple: [{ float: 3 }, 4] } }),
      'expected a size of counts, got [3,4]',
    ],
    [
      'size beyond numbers',
      tensorNode({ storage, shape: { tuple: [2n ** 62n] }, strides: integers([0]) }),
      'expected a size of counts',
    ],
    [
      'product beyond numbers',
      tensorNode({ storage, shape: integers([2 ** 40, 2 ** 40]), strides: integers([0, 0]) }),
      'more than can be counted',
    ],
    [
      'reach beyond numbers',
      tensorNode({ storage, shape: integers([2, 2]), strides: integers([2 ** 53 - 1, 2 ** 53 - 1]) }),
      'reaches to value',
    ],
    ['strides of another rank', tensorNode({ ...whole, strides: integers([1]) }), 'expected 2 strides'],
    ['size that is a list', tensorNode({ ...whole, shape: { list: [3, 4] } }), 'expected a size of counts'],
    [
      '65 axes',
      tensorNode({ storage, shape: integers(Array(65).fill(1)), strides: integers(Array(65).fill(1)) }),
      'expected a size of counts',
    ],
    [
      'empty, beginning outside',
      tensorNode({ storage, offset: 13, shape: integers([0]), strides: integers([1]) }),
      'begins at value 13',
    ],
    [
      'text for a storage',
      tensorNode({ ...whole, storage: 'storage' }),
      'expected the storage of a tensor, got "storage"',
    ],
    ['negated view', tensorNode({ ...whole, more: [{ dict: [['neg', true]] }] }), 'is a lazy view'],
    [
      'too few arguments',
      call('torch._utils', '_rebuild_tensor_v2', storage),
      'expected a tensor of 6 or 7 arguments, got 1',
    ],
    [
      'hooks',
      call('torch._utils', '_rebuild_tensor_v2', storage, 0, integers([1]), integers([1]), false, {
        ordered: [['a', 1]],
      }),
      'expected no hooks',
    ],
    [
      'parameter of nothing',
      call('torch._utils', '_rebuild_parameter', null, true, { ordered: [] }),
      "expected a parameter's tensor, got null",
    ],
    [
      'two kinds in one storage',
      {
        list: [storage, storageNode({ kind: 'int32', key: '4', length: 12 })].map((each) =>
          tensorNode({ ...whole, storage: each }),
        ),
      },
      'storage 4 has both 12 float32 and 12 int32 values',
    ],
    [
      'two lengths of one storage',
      {
        list: [storage, storageNode({ kind: 'float32', key: '4', length: 13 })].map((each) =>
          tensorNode({ ...whole, storage: each }),
        ),
      },
      'storage 4 has both',
    ],
    [
      'path as a key',
      tensorNode({ ...whole, storage: storageNode({ kind: 'uint8', key: '../../data.pkl', length: 12 }) }),
      'expected a storage named by digits, got "../../data.pkl"',
    ],
    [
      'storage of a negative length',
      tensorNode({ ...whole, storage: storageNode({ kind: 'uint8', key: '0', length: -1 }) }),
      'storage 0: expected a number of values, got -1',
    ],
    [
      'storage that is a view',
      tensorNode({
        ...whole,
        storage: storageNode({ kind: 'uint8', key: '0', length: 12 }, [{ tuple: ['1', 0, 12] }]),
      }),
      'a view of another storage',
    ],
    [
      'persistent id of a text',
      tensorNode({ ...whole, storage: { id: 'storage' } }),
      'a persistent id that is no storage',
    ],
    [
      'kind that is a text',
      tensorNode({ ...whole, storage: { id: { tuple: ['storage', 'FloatStorage', '0', 'cpu', 12] } } }),
      'expected a kind of storage, got "FloatStorage"',
    ],
  ])('should be refused: %s', (_, value, message) => {
    expect(refused(value)).toContain(message);
  });

  test.each<[string, Written]>([
    ['of no values', tensorNode({ storage, offset: 12, shape: integers([0, 5]), strides: integers([5, 1]) })],
    ['of one value', tensorNode({ storage, offset: 11, shape: integers([]), strides: integers([]) })],
    ['with empty metadata', tensorNode({ ...whole, more: [{ dict: [] }] })],
    [
      'with metadata that says nothing',
      tensorNode({
        ...whole,
        more: [
          {
            dict: [
              ['neg', false],
              ['conj', false],
            ],
          },
        ],
      }),
    ],
    ['without metadata', tensorNode({ ...whole, more: [null] })],
    ['that repeats values', tensorNode({ storage, shape: integers([5, 12]), strides: integers([0, 1]) })],
  ])('should be read: %s', (_, value) => {
    expect(isTensor(read(value))).toBe(true);
  });
});
