/** PyTorch files: damaged bytes, archives that contradict themselves, pickles with other opcodes, and impossible content. */
import { open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { opcodes } from '../../src/pytorch/pickle/opcodes.js';
import { smallYaml } from './checkpointBytes.js';
import type { Recipes } from './corpus.js';
import { damages } from './damage.js';
import type { Expected, Random, Recipe } from './fuzzCase.js';
import { integers, type Node, op, storageNode, tensorNode, type Written } from './torch/pickleWriter.js';
import { type TorchRun, torchRun } from './torch/torchRun.js';
import { type OldFormatOptions, torchOld, torchRecords, torchZip } from './torch/torchWriter.js';
import { type ArchiveOptions, type HeaderFields, type Record, zipArchive } from './torch/zipWriter.js';

type Make = (run: TorchRun, random: Random) => Buffer;

/** A checkpoint with the configuration beside it, where it is found by the name in the file. */
const named = (name: string, expected: Expected, make: Make): Recipe => ({
  name,
  file: 'run.checkpoint',
  expected,
  write: async (path, random) => {
    await writeFile(join(dirname(path), 'mine.yaml'), smallYaml);
    await writeFile(path, make(await torchRun(), random));
  },
});

const recordsOf = ({ content, storages }: TorchRun) => torchRecords(content, storages);
const archive = (
  name: string,
  expected: Expected,
  change: (record: Record) => Partial<Record>,
  options?: ArchiveOptions,
) =>
  named(`zip: ${name}`, expected, (run) =>
    zipArchive(
      recordsOf(run).map((record) => ({ ...record, ...change(record) })),
      options,
    ),
  );
const withRecord = (name: string, expected: Expected, path: string, content = 'x') =>
  named(`zip: ${name}`, expected, (run) =>
    zipArchive([...recordsOf(run), { name: path, content: Buffer.from(content) }]),
  );

/** An archive with these bytes as its pickle. */
const pickle = (name: string, expected: Expected, make: (bytes: Buffer, random: Random) => Buffer) =>
  named(`pickle: ${name}`, expected, (run, random) => {
    const [first, ...others] = recordsOf(run);
    return zipArchive([
      { name: 'mine/data.pkl', content: make(Buffer.from(first?.content ?? []), random) },
      ...others,
    ]);
  });

/** A whole checkpoint with a value beside its others. */
const beside = (name: string, expected: Expected, value: () => Written) =>
  named(`content: ${name}`, expected, ({ content, storages }) => {
    const entries = typeof content === 'object' && content && 'dict' in content ? content.dict : [];
    return torchZip({ dict: [['note', value()], ...entries] }, storages);
  });

const call = (module: string, name: string, ...values: Written[]): Written => ({
  call: { global: [module, name] },
  values: { tuple: values },
});
const storage = storageNode({ kind: 'float32', key: '0', length: 1 });
const tensor = (shape: Written, strides: Written = integers([1]), offset: Written = 0) =>
  tensorNode({ storage, shape, strides, offset });
/** A list in a list in a list. */
const nested = (depth: number): Node => ({
  raw: Buffer.concat([Buffer.alloc(depth, op('EMPTY_LIST')), Buffer.alloc(depth - 1, op('APPEND'))]),
});

const whole: Recipe[] = [
  named('zip: whole', 'accepted', ({ content, storages }) => torchZip(content, storages)),
  named('old format: whole', 'accepted', ({ content, storages }) => torchOld(content, storages)),
  archive('packed again', 'accepted', () => ({ hasDescriptor: false, alignment: 1 }), { hasWideEnd: false }),
  archive('compressed', 'accepted', () => ({ isCompressed: true })),
  withRecord('what an archive program adds', 'accepted', '__MACOSX/mine/._data.pkl'),
];

const archives: Recipe[] = [
  withRecord('a record twice', 'refused', 'mine/data.pkl'),
  withRecord('a second pickle', 'refused', 'other/data.pkl'),
  withRecord('a path upwards', 'refused', 'mine/../../../tmp/escaped'),
  withRecord('an absolute path', 'refused', '/tmp/escaped'),
  withRecord('a program', 'refused', 'mine/code/__torch__.py'),
  withRecord('an unknown byte order', 'refused', 'mine/byteorder', 'middle'),
  withRecord('a long name', 'either', `mine/${'x'.repeat(60_000)}`),
  archive('encrypted', 'refused', () => ({ central: { flags: 1 }, local: { flags: 1 } })),
  archive('another compression', 'refused', () => ({ central: { method: 93 }, local: { method: 93 } })),
  archive('all in one place', 'refused', () => ({ central: { offset: 0 } })),
  archive('a version to come', 'refused', ({ name, content }) => ({
    content: name.endsWith('version') ? Buffer.from('99\n') : content,
  })),
  archive('2^60 records', 'refused', () => ({}), { wideEnd: { count: 2 ** 60 }, end: { count: 0xffff } }),
  archive('a directory of terabytes', 'refused', () => ({}), {
    wideEnd: { size: 2 ** 42 },
    end: { size: 0xffffffff },
  }),
  archive('bombs', 'refused', ({ content, name }) => ({
    isCompressed: true,
    content: name.includes('/data/') ? Buffer.alloc(2 ** 20) : content,
  })),
  archive('bombs of a true size', 'refused', ({ content, name }) => ({
    isCompressed: true,
    content: name.includes('/data/') ? Buffer.alloc(2 ** 20) : content,
    ...(name.includes('/data/') && { central: { size: content.length } }),
  })),
  archive('a pickle of a gigabyte', 'refused', ({ content, name }) => ({
    isCompressed: true,
    content,
    ...(name.endsWith('pkl') && { central: { size: 2 ** 30 }, local: { size: 2 ** 30 } }),
  })),
  named('zip: 100,000 records', 'either', (run) =>
    zipArchive([
      ...recordsOf(run),
      ...Array.from({ length: 50_000 }, (_, i) => ({ name: `mine/more/${i}`, content: Buffer.alloc(0) })),
    ]),
  ),
  named('gzip', 'refused', ({ content, storages }) => gzipSync(torchZip(content, storages))),
  {
    name: 'zip: terabytes of nothing',
    file: 'run.checkpoint',
    write: async (path) => {
      const { content, storages } = await torchRun();
      const bytes = torchZip(content, storages);
      const file = await open(path, 'w');
      await file.write(bytes, 0, 4, 0);
      await file.write(bytes, 0, bytes.length, 2 ** 42);
      await file.close();
    },
  },
];

const old = (name: string, options: OldFormatOptions) =>
  named(`old format: ${name}`, 'refused', ({ content, storages }) => torchOld(content, storages, options));
const oldFormats: Recipe[] = [
  old('another magic number', { magic: 1 }),
  old('another version', { version: 2n ** 70n }),
  old('big-endian', { system: { dict: [['little_endian', false]] } }),
  old('a system that is no dict', { system: 'x' }),
  old('no storages', { keys: { list: [] } }),
  old('storages twice', { keys: { list: ['0', '0'] } }),
  old('storages that are no list', { keys: 3 }),
  old('a program', { magic: call('os', 'system', 'true') }),
];

const repeat = (count: number, ...bytes: number[]) => Buffer.alloc(count * bytes.length, Buffer.from(bytes));
const program = (name: string, make: () => Buffer) =>
  pickle(name, 'refused', () => Buffer.concat([op('PROTO', 2), make(), op('STOP')]));
const pickles: Recipe[] = [
  ...[0, 1, 3, 4, 5, 6, 255].map((protocol) =>
    pickle(`protocol ${protocol}`, 'refused', (bytes) =>
      Buffer.concat([Uint8Array.of(0x80, protocol), bytes.subarray(2)]),
    ),
  ),
  program('nothing', () => Buffer.alloc(0)),
  program('millions of dicts', () => repeat(8e6, opcodes.EMPTY_DICT)),
  program('millions of lists', () => repeat(2e6, opcodes.EMPTY_LIST, opcodes.NONE, opcodes.APPEND)),
  program('millions of tuples', () => repeat(8e6, opcodes.EMPTY_TUPLE)),
  program('millions of marks', () => repeat(8e6, opcodes.MARK)),
  program('millions of values', () => repeat(8e6, opcodes.NONE)),
  program('millions of texts', () => repeat(1e6, ...op('BINUNICODE', 2, 0, 0, 0), 0x61, 0x62)),
  program('a text of 4 GB', () => Buffer.from(op('BINUNICODE', 240, 255, 255, 255))),
  program('a name of megabytes', () => Buffer.concat([op('GLOBAL'), repeat(7e6, 0x61), Buffer.from('\n\n')])),
  program('a name in colours', () => Buffer.from('c\u001b[31mos\u001b[0m\nsystem\n')),
];

const contents: Recipe[] = [
  ...[
    ['os', 'system'],
    ['builtins', 'eval'],
    ['torch.hub', 'load'],
    ['torch', 'hub.load'],
    ['torch.storage', '_load_from_bytes'],
    ['torch', 'QInt8Storage'],
    ['__builtin__', 'getattr'],
    ['collections', '__proto__'],
  ].map(([module = '', name = '']) =>
    beside(`${module} ${name}`, 'refused', () => call(module, name, 'true')),
  ),
  beside('an OrderedDict of a list', 'refused', () => call('collections', 'OrderedDict', { list: [] })),
  beside('keys of a prototype', 'accepted', () => ({
    dict: [
      ['__proto__', { dict: [['polluted', 1]] }],
      ['constructor', 2],
    ],
  })),
  beside('attributes', 'accepted', () => ({
    ordered: [],
    attributes: {
      dict: [
        ['__class__', 1],
        ['__proto__', { dict: [] }],
      ],
    },
  })),
  beside('a value that contains itself', 'accepted', () => ({
    raw: Buffer.concat([
      op('EMPTY_LIST'),
      op('LONG_BINPUT', 1, 2, 3, 255),
      op('LONG_BINGET', 1, 2, 3, 255),
      op('APPEND'),
    ]),
  })),
  beside('lists in lists', 'accepted', () => nested(100_000)),
  beside('lists twice in lists', 'accepted', () => {
    let value: Node = { list: [] };
    for (let i = 0; i < 60; i += 1) value = { list: [value, value] };
    return value;
  }),
  beside('a storage', 'refused', () => storage),
  beside('a name', 'refused', () => ({ global: ['collections', 'OrderedDict'] })),
  ...[
    [[-1], [1], 0],
    [[2 ** 40, 2 ** 40], [0, 0], 0],
    [[4, 2, 30_000, 30_000], [0, 0, 0, 0], 0],
    [[2], [1], 0],
    [[1], [1], 1],
    [[1], [1], -1],
    [[1], [], 0],
    [Array(1000).fill(1), Array(1000).fill(1), 0],
  ].map((numbers) => {
    const [shape, strides, offset] = numbers as [number[], number[], number];
    const name = `a tensor of ${JSON.stringify(shape).slice(0, 40)}`;
    return beside(`${name} from ${offset}`, 'refused', () =>
      tensor(integers(shape), integers(strides), offset),
    );
  }),
  beside('a size of floats', 'refused', () => tensor({ tuple: [{ float: 1 }] })),
  beside('a size beyond numbers', 'refused', () => tensor({ tuple: [2n ** 62n] }, integers([0]))),
];

const fields = ['flags', 'method', 'crc', 'storedSize', 'size'] as const;
const values = [0, 1, 8, 0xffff, 0xffffffff];

/** One field of a header of one record. */
const inHeaders: Recipe[] = (['local', 'central'] as const).map((header) =>
  named(`zip: a field of a ${header} header`, 'either', (run, random) => {
    const records = recordsOf(run);
    const chosen = random.pick(records);
    const field = random.pick<keyof HeaderFields>(fields);
    const value = random.pick([...values, random.integer(2 ** 16)]);
    return zipArchive(
      records.map((record) => (record === chosen ? { ...record, [header]: { [field]: value } } : record)),
    );
  }),
);

const randomRecords: Recipe[] = [
  named('zip: a record missing', 'refused', (run, random) => {
    const records = recordsOf(run).slice(0, -1); // the version may be missing
    const missing = random.integer(records.length);
    return zipArchive(records.filter((_, i) => i !== missing));
  }),
  named('zip: a record cut or extended', 'refused', (run, random) => {
    const records = recordsOf(run);
    const chosen = random.pick(records.slice(0, -1));
    const damage = random.pick([damages.cut, damages.extended]) as (typeof damages)[string];
    const content = damage(Buffer.from(chosen.content), random);
    return zipArchive(records.map((record) => (record === chosen ? { ...record, content } : record)));
  }),
  named('zip: records in another order', 'accepted', (run, random) => {
    const records = recordsOf(run);
    const start = random.integer(records.length);
    return zipArchive([...records.slice(start), ...records.slice(0, start)]);
  }),
];

const damagedBytes: Recipe[] = Object.entries(damages).flatMap(([name, damage]) => [
  named(`zip: ${name}`, 'either', ({ content, storages }, random) =>
    damage(torchZip(content, storages), random),
  ),
  named(`old format: ${name}`, 'either', ({ content, storages }, random) =>
    damage(torchOld(content, storages), random),
  ),
  pickle(name, 'either', (bytes, random) => damage(bytes, random)),
]);

const anyOpcode = (random: Random) => random.pick(Object.values(opcodes));
/** Damage that leaves the pickle a sequence of opcodes more often than flipped bits do. */
const otherOpcodes: Recipe[] = [
  pickle('an opcode put in', 'either', (bytes, random) => {
    const at = 2 + random.integer(bytes.length - 2);
    return Buffer.concat([bytes.subarray(0, at), Uint8Array.of(anyOpcode(random)), bytes.subarray(at)]);
  }),
  pickle('a byte that is another opcode', 'either', (bytes, random) => {
    bytes[2 + random.integer(bytes.length - 2)] = anyOpcode(random);
    return bytes;
  }),
  pickle('a part moved', 'either', (bytes, random) => {
    const [from, to] = [random.integer(bytes.length), random.integer(bytes.length)];
    bytes.copy(bytes, to, from, from + random.integer(200));
    return bytes;
  }),
  pickle('opcodes only', 'refused', (_, random) =>
    Buffer.concat([
      op('PROTO', 2),
      Buffer.from(Array.from({ length: 200 }, () => anyOpcode(random))),
      op('STOP'),
    ]),
  ),
];

/** The checkpoint with any of its values replaced. */
const replaced: Recipe = named('content: a value replaced', 'either', ({ content, storages }, random) => {
  const others: readonly Written[] = [
    null,
    true,
    7,
    2n ** 70n,
    { float: -1 },
    'x',
    { list: [] },
    { dict: [] },
    { tuple: [] },
    storage,
    tensor(integers([1])),
    call('os', 'system'),
  ];
  let rest = random.integer(countOf(content));
  const copy = (value: Written): Written => {
    rest -= 1;
    if (rest === -1) return random.pick(others);
    if (typeof value !== 'object' || value === null) return value;
    if ('list' in value) return { list: value.list.map(copy) };
    if ('tuple' in value) return { tuple: value.tuple.map(copy) };
    if ('dict' in value) return { dict: value.dict.map(([key, inner]) => [copy(key), copy(inner)] as const) };
    if ('ordered' in value)
      return { ordered: value.ordered.map(([key, inner]) => [copy(key), copy(inner)] as const) };
    if ('id' in value) return { id: copy(value.id) };
    return 'call' in value ? { call: copy(value.call), values: copy(value.values) } : value;
  };
  return Buffer.from(torchZip(copy(content), storages));
});

function countOf(value: Written): number {
  if (typeof value !== 'object' || value === null) return 1;
  const inner = Object.values(value).flat(2) as Written[];
  const isLeaf = 'float' in value || 'raw' in value || 'global' in value;
  return isLeaf ? 1 : inner.reduce<number>((sum, each) => sum + countOf(each), 1);
}

export const torchRecipes: Recipes = {
  special: [...whole, ...archives, ...oldFormats, ...pickles, ...contents],
  random: [...damagedBytes, ...inHeaders, ...randomRecords, ...otherOpcodes, replaced],
};
