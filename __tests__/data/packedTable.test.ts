/** Packed rows, repeated names, and tables that are kept for the next run. */
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keptTable } from '../../src/data/packed/keptTable.js';
import { type PackedTable, PackedTableBuilder } from '../../src/data/packed/packedTable.js';
import { repeatedNames } from '../../src/data/packed/repeatedNames.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

type Row = readonly [name: string, one: number, other: number];
const rowsArbitrary = fc.array(
  fc.tuple(fc.string({ unit: 'binary' }), fc.maxSafeInteger(), fc.double({ noNaN: true })),
);

function packed(rows: readonly Row[]): PackedTable {
  const builder = new PackedTableBuilder(2);
  for (const row of rows) builder.add(...row);
  return builder.table();
}

const unpacked = (table: PackedTable): Row[] =>
  Array.from({ length: table.length }, (_, row) => [
    table.name(row),
    table.number(row, 0),
    table.number(row, 1),
  ]);

/** What UTF-8 can store: a lone surrogate becomes a replacement character. */
const stored = (rows: readonly Row[]): Row[] =>
  rows.map(([name, ...numbers]) => [Buffer.from(name).toString(), ...numbers]);

describe('packedTable', () => {
  test('should return every row as it was added', () => {
    fc.assert(fc.property(rowsArbitrary, (rows) => expect(unpacked(packed(rows))).toEqual(stored(rows))));
  });

  test('should compare names byte by byte, and keep names that are bytes', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\xe9', '\xff') });
    fc.assert(
      fc.property(fc.array(name, { minLength: 2 }), (names) => {
        const builder = new PackedTableBuilder(0, 'latin1');
        for (const one of names) builder.add(one);
        const table = builder.table();
        expect(names.map((_, row) => table.name(row))).toEqual(names);
        const [a = '', b = ''] = names;
        expect(Math.sign(table.compare(0, 1))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  test('should grow beyond its first memory', () => {
    const rows = Array.from({ length: 5000 }, (_, i): Row => [`folder/of/some/length/${i}.png`, i, i / 3]);
    expect(unpacked(packed(rows))).toEqual(rows);
  });
});

test('repeatedNames should find what a map of all names finds', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 1 })), (names) => {
      const places = new Map<string, number[]>();
      for (const [i, name] of names.entries()) places.set(name, [...(places.get(name) ?? []), i]);
      const expected = [...places.values()].filter(({ length }) => length > 1);
      expect(repeatedNames({ length: names.length, name: (i) => names[i] as string })).toEqual(expected);
    }),
  );
});

test('repeatedNames should find the only name that occurs twice among many that are alike', () => {
  const names = Array.from({ length: 50_000 }, (_, i) => `images/${i >> 10}/${i}.png`);
  names[40_000] = names[77] as string;
  expect(repeatedNames({ length: names.length, name: (i) => names[i] as string })).toEqual([[77, 40_000]]);
});

describe('keptTable', () => {
  const rows: Row[] = [
    ['Größe.png', 7, -0.5],
    ['b', 2 ** 52, 0],
  ];

  /** Uses the table of a file; says how often it has been built. */
  async function uses(): Promise<{ use: () => Promise<Row[]>; built: () => number; folder: string }> {
    await writeFile(inFolder('data.tar'), 'content');
    let count = 0;
    const build = async () => {
      count += 1;
      return packed(rows);
    };
    const folder = inFolder('cache');
    const of = { path: inFolder('data.tar'), kind: 'members' };
    const use = async () => unpacked(await keptTable(of, build, [inFolder('data.tar/no-folder'), folder]));
    return { use, built: () => count, folder };
  }

  test('should build once, and again when the file changes', async () => {
    const { use, built } = await uses();
    expect(await use()).toEqual(rows);
    expect(await use()).toEqual(rows);
    expect(built()).toBe(1);
    await utimes(inFolder('data.tar'), 1, 1);
    expect(await use()).toEqual(rows);
    expect(built()).toBe(2);
  });

  test('should build again when what was kept is damaged or cut off', async () => {
    const { use, built, folder } = await uses();
    await use();
    const [name = ''] = await readdir(folder);
    const kept = await readFile(`${folder}/${name}`);
    for (let length = 0; length < kept.length; length += 7) {
      await writeFile(`${folder}/${name}`, kept.subarray(0, length));
      expect(await use()).toEqual(rows);
    }
    const builds = built();
    for (let place = 0; place < kept.length; place += 7) {
      const damaged = Buffer.from(kept);
      damaged[place] = (damaged[place] as number) ^ 1;
      await writeFile(`${folder}/${name}`, damaged);
      expect(await use()).toEqual(rows);
    }
    expect(built()).toBe(builds + Math.ceil(kept.length / 7));
    expect(await readdir(folder)).toEqual([name]);
  });

  test('should do without a folder', async () => {
    await writeFile(inFolder('data.tar'), 'content');
    const of = { path: inFolder('data.tar'), kind: 'members' };
    expect(unpacked(await keptTable(of, async () => packed(rows), []))).toEqual(rows);
  });
});
