/** Checkpoints: damaged bytes, false headers, and intact files with impossible content. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, open, symlink, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TensorData } from '../../src/base/plainData.js';
import { checksum, checksumKey } from '../../src/checkpoint/checksum.js';
import { nodeSha256 } from '../../src/checkpoint/nodeSha256.js';
import { writeSafetensors } from '../../src/checkpoint/writeSafetensors.js';
import type { Region, SmallRun } from './checkpointBytes.js';
import { headerAndData, regionNames, regionsOf, smallRun } from './checkpointBytes.js';
import type { Recipes } from './corpus.js';
import { damages, flip } from './damage.js';
import type { Expected, Random, Recipe } from './fuzzCase.js';
import { file } from './fuzzCase.js';

const named = (name: string, expected: Expected, make: (run: SmallRun, random: Random) => Buffer): Recipe =>
  file(name, 'mine.checkpoint', expected, async (random) => make(await smallRun(), random));

/** A file with this header, followed by a number of bytes. */
const header = (name: string, make: () => string, dataLength = 0): Recipe =>
  named(`header: ${name}`, 'refused', () => headerAndData(Buffer.from(make()), Buffer.alloc(dataLength)));
const tensor = (changes: object = {}) => ({ dtype: 'F32', shape: [1], data_offsets: [0, 4], ...changes });
const oneTensor = (name: string, changes: object, dataLength = 4) =>
  header(name, () => JSON.stringify({ a: tensor(changes) }), dataLength);

const headers: Recipe[] = [
  ...[2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 40n, 100_000_000n, 100_000_001n, 17n].map((length) =>
    named(`header length ${length}`, 'refused', () => {
      const bytes = Buffer.alloc(24);
      bytes.writeBigUInt64LE(length);
      return bytes;
    }),
  ),
  oneTensor('terabytes', { shape: [2 ** 40], data_offsets: [0, 2 ** 42] }),
  oneTensor('more than can be counted', { shape: [2 ** 52, 2 ** 52, 2 ** 52], data_offsets: [0, 4] }),
  oneTensor('sizes that overflow to one', { shape: [2 ** 32, 2 ** 32], data_offsets: [0, 0] }, 0),
  oneTensor('a negative size', { shape: [-1] }),
  oneTensor('a fraction', { shape: [0.5, 2] }),
  oneTensor('a million dimensions', { shape: Array(1_000_000).fill(1) }),
  oneTensor('a million sizes that are texts', { shape: Array(1_000_000).fill('1') }),
  oneTensor('a range backwards', { data_offsets: [4, 0] }),
  oneTensor('a long type', { dtype: 'F'.repeat(1_000_000) }),
  oneTensor('a long key', { ['k'.repeat(1_000_000)]: 1 }),
  oneTensor('offsets that are objects', { data_offsets: [{}, {}] }),
  header('a long name', () => JSON.stringify({ ['n'.repeat(1_000_000)]: 1 })),
  header('nested', () => `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
  header('nested lists', () => `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`),
  header('a nested type', () => `{"a":{"dtype":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`),
  header('nested, not closed', () => '['.repeat(1_000_000)),
  header('a million keys', () => `{${Array.from({ length: 1e6 }, (_, i) => `"k${i}":1`).join(',')}}`),
  header(
    'a million empty tensors',
    () =>
      `{${Array.from({ length: 1e6 }, (_, i) => `"k${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(',')}}`,
  ),
  header('half a million metadata', () => {
    return `{"__metadata__":{${Array.from({ length: 5e5 }, (_, i) => `"k${i}":""`).join(',')}}}`;
  }),
  header('one long text', () => JSON.stringify({ __metadata__: { format: 'x'.repeat(9e7) } })),
  header('null', () => 'null'),
  header('a list', () => '[]'),
  header('a number', () => '12'),
  header('empty', () => '{}'),
  header('metadata that is a list', () => '{"__metadata__":[]}'),
  header('metadata that is no text', () => '{"__metadata__":{"format":1}}'),
  header('__proto__', () => '{"__proto__":{"dtype":"F32"}}'),
  header('a tensor that is null', () => '{"a":null}'),
];

const files: Recipe[] = [
  named('whole', 'accepted', ({ bytes }) => bytes),
  named('empty', 'refused', () => Buffer.alloc(0)),
  named('zeros', 'refused', ({ bytes }) => Buffer.alloc(bytes.length)),
  named('seven bytes', 'refused', () => Buffer.alloc(7)),
  named('text', 'refused', () => Buffer.from('a note about checkpoints, longer than eight bytes')),
  { name: 'a folder', file: 'mine.checkpoint', write: (path) => mkdir(path) },
  { name: 'a pipe', file: 'mine.checkpoint', write: (path) => promisify(execFile)('mkfifo', [path]) },
  { name: 'a symlink to itself', file: 'mine.checkpoint', write: (path) => symlink(path, path) },
  { name: 'an endless device', file: 'mine.checkpoint', write: (path) => symlink('/dev/zero', path) },
  { name: 'nothing there', file: 'mine.checkpoint', write: async () => undefined },
  {
    name: 'terabytes of nothing that the header bears out',
    file: 'mine.checkpoint',
    write: async (path) => {
      const json = JSON.stringify({ a: tensor({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] }) });
      const start = headerAndData(Buffer.from(json), Buffer.alloc(0));
      await writeFile(path, start);
      await truncate(path, start.length + 2 ** 42);
    },
  },
];

interface Forgery {
  readonly metadata?: (entries: Map<string, string>) => void;
  readonly tensors?: (tensors: Map<string, TensorData>) => void;
}

/** A file with a correct checksum, so that only its content can be rejected. */
function forged(name: string, { metadata, tensors }: Forgery, expected: Expected = 'refused'): Recipe {
  const write = async (path: string) => {
    const run = await smallRun();
    const changedTensors = new Map(run.tensors);
    const entries = new Map(run.metadata);
    tensors?.(changedTensors);
    metadata?.(entries);
    entries.set(checksumKey, await checksum(changedTensors, entries, nodeSha256()));
    const handle = await open(path, 'w');
    await writeSafetensors(handle, changedTensors, entries);
    await handle.close();
  };
  return { name: `forged: ${name}`, file: 'mine.checkpoint', expected, write };
}

const entry = (key: string, text: string, expected?: Expected) =>
  forged(
    `${key}: ${text.length > 60 ? `${text.slice(0, 60)}...` : text}`,
    { metadata: (entries) => entries.set(key, text) },
    expected,
  );
/** A JSON entry with one value replaced, by its dotted path. */
const inEntry = (key: string, path: string, value: string, expected?: Expected) =>
  forged(
    `${key}.${path}: ${value.slice(0, 40)}`,
    {
      metadata: (entries) => {
        const content = JSON.parse(entries.get(key) ?? '') as Record<string, unknown>;
        const keys = path.split('.');
        const last = keys.pop() ?? '';
        const target = keys.reduce((inner, step) => inner[step] as Record<string, unknown>, content);
        target[last] = '\u0001';
        entries.set(key, JSON.stringify(content).replace(JSON.stringify('\u0001'), value));
      },
    },
    expected,
  );
const texts = [
  '',
  'null',
  '[]',
  '12',
  '"text"',
  '{',
  '{}',
  '{"__proto__":{}}',
  `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
];

const meanings: Recipe[] = [
  ...['config', 'state', 'data_position'].flatMap((key) => texts.map((text) => entry(key, text))),
  ...['config', 'state', 'format', 'format_version', 'kind'].map((key) =>
    forged(`no ${key}`, { metadata: (entries) => entries.delete(key) }),
  ),
  forged('no data position', { metadata: (entries) => entries.delete('data_position') }, 'accepted'),
  forged('a further entry', { metadata: (entries) => entries.set('note', 'x') }, 'accepted'),
  entry('kind', 'x'.repeat(10_000)),
  entry('format_version', 'x'.repeat(10_000)),
  entry('format', 'pt'),
  ...['1e9', '0', '-2', '3', '2.5', '"2"', 'null', '1e300', '[2]'].map((value) =>
    inEntry('config', 'model.channelTowers', value),
  ),
  ...['1e9', '"two"', 'null', '16'].map((value) => inEntry('config', 'model.latentSize', value)),
  ...['1e9', '64', '7', 'null'].map((value) =>
    inEntry('config', 'model.inputDimension', value, value === '64' ? 'either' : 'refused'),
  ),
  inEntry('config', 'model.initialSplitsPerScale', '1e9'),
  inEntry('config', 'model.numberOfScales', '1e9'),
  inEntry('config', 'model.numCellsPerBlockPrepost', '1e9'),
  inEntry('config', 'model.exponentialScaling', '1e-300', 'either'),
  inEntry('config', 'model.samplingMethod', '"__proto__"'),
  inEntry('config', 'model.samplingMethod', `"${'x'.repeat(100_000)}"`),
  inEntry('config', 'model', 'null'),
  inEntry('config', 'training', 'null'),
  inEntry('config', 'training.batchSize', '-4'),
  inEntry('config', 'training.augmentation', 'null'),
  inEntry('config', 'name', '12'),
  inEntry('config', 'unknown', '12'),
  inEntry('config', 'name', '"../elsewhere"'),
  ...['-1', '1e300', '0.5', 'null', '"1"', '{}'].flatMap((value) => [
    inEntry('state', 'position.epoch', value),
    inEntry('state', 'position.step', value),
    inEntry('state', 'optimizerUpdates', value),
    inEntry('data_position', 'imagesTaken', value),
  ]),
  inEntry('state', 'seed', 'null'),
  inEntry('state', 'position', '[]'),
  inEntry('data_position', 'epoch', '-1'),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
    forged(`a weight of ${value}`, {
      tensors: (tensors) => {
        const [name, { data, ...rest }] =
          [...tensors].find(([, { dtype }]) => dtype === 'float32') ?? missing();
        tensors.set(name, { ...rest, data: Float32Array.from(data).fill(value, 0, 1) });
      },
    }),
  ),
  forged('no tensors', { tensors: (tensors) => tensors.clear() }),
  forged(
    'no optimiser',
    {
      tensors: (tensors) => {
        for (const name of [...tensors.keys()]) if (name.startsWith('adamax.')) tensors.delete(name);
      },
    },
    'either',
  ),
  forged(
    'a long name',
    {
      tensors: (tensors) => tensors.set('n'.repeat(100_000), float([1])),
    },
    'either',
  ),
];

function missing(): never {
  throw new Error('internal: the small checkpoint has no such tensor');
}

function float(shape: number[]): TensorData {
  return {
    dtype: 'float32',
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  };
}

/** A change to one tensor, which the random numbers select. */
const tensorForgeries: Readonly<Record<string, (tensor: TensorData) => TensorData | null>> = {
  missing: () => null,
  empty: () => float([0]),
  'of another shape': ({ shape }) => float([...shape, 2]),
  'of another rank': ({ data }) => ({
    dtype: 'float32',
    shape: [1, data.length, 1],
    data: Float32Array.from(data),
  }),
  'of another type': ({ shape, data }) => ({ dtype: 'int32', shape, data: Int32Array.from(data) }),
};

const randomForgeries: Recipe[] = Object.entries(tensorForgeries).map(([name, change]) => ({
  name: `forged: a tensor ${name}`,
  file: 'mine.checkpoint',
  expected: 'either',
  write: async (path, random) => {
    const run = await smallRun();
    const chosen = random.pick([...run.tensors.keys()]);
    const tensors = (all: Map<string, TensorData>) => {
      const result = change(all.get(chosen) ?? missing());
      if (result) all.set(chosen, result);
      else all.delete(chosen);
    };
    await forged(name, { tensors }).write(path, random);
  },
}));

const inRegion = (
  damage: string,
  region: Region,
  change: (bytes: Buffer, begin: number, end: number, random: Random) => Buffer,
) =>
  named(`${damage} in ${region}`, 'refused', ({ bytes }, random) => {
    const { begin, end } = random.pick(regionsOf(bytes).get(region) ?? missing());
    return change(bytes, begin, end, random);
  });

const damagedBytes: Recipe[] = regionNames.flatMap((region) => [
  inRegion('flipped', region, (bytes, begin, end, random) => flip(bytes, random, begin, end)),
  inRegion('cut', region, (bytes, begin, end, random) =>
    bytes.subarray(0, begin + random.integer(end - begin)),
  ),
  inRegion('bytes put', region, (bytes, begin, end, random) => {
    const at = begin + random.integer(end - begin);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.integer(16)), bytes.subarray(at)]);
  }),
]);

const withPrevious: Recipe[] = [false, true].map((both) => ({
  name: both ? 'damaged, and the one before too' : 'damaged, the one before whole',
  file: 'mine.checkpoint',
  expected: both ? 'refused' : 'accepted',
  write: async (path, random) => {
    const { bytes } = await smallRun();
    const damage = random.pick([damages.flipped, damages.cut, damages.extended]) ?? missing();
    await writeFile(`${path}.previous`, bytes);
    if (both) await writeFile(`${path}.previous`, damage(bytes, random));
    else await copyFile(`${path}.previous`, `${path}.partial`);
    await writeFile(path, damage(bytes, random));
  },
}));

const anyBytes: Recipe[] = Object.entries(damages).map(([name, damage]) =>
  named(name, name === 'overwritten' ? 'either' : 'refused', ({ bytes }, random) => damage(bytes, random)),
);

export const checkpointRecipes: Recipes = {
  special: [...headers, ...files, ...meanings],
  random: [...damagedBytes, ...randomForgeries, ...withPrevious, ...anyBytes],
};
