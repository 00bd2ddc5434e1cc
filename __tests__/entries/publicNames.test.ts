/**
 * The names of each entry point. Where a name is added or goes, this test shows it: a name that goes needs an entry in CHANGELOG.md
 * that says what to type instead. `npm test -- publicNames -u` writes the new list.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import * as browser from '../../src/entries/browserModel.js';
import * as model from '../../src/entries/model.js';
import * as run from '../../src/entries/run.js';
import * as ui from '../../src/entries/ui.js';
import * as streams from '../../src/index.js';

const src = join(dirname(fileURLToPath(import.meta.url)), '../../src');
const entries = [
  ['rx-nvae', 'index.ts', streams],
  ['rx-nvae/model', 'entries/model.ts', model],
  ['rx-nvae/model in a browser', 'entries/browserModel.ts', browser],
  ['rx-nvae/run', 'entries/run.ts', run],
  ['rx-nvae/ui', 'entries/ui.ts', ui],
] as const;

describe.each(entries)('%s', (_, file, values) => {
  const types = typesOf(join(src, file));

  test('should export these names', () => {
    const names = [
      ...Object.keys(values).map((name) => `value ${name}`),
      ...types.map((name) => `type ${name}`),
    ];
    expect(names.sort()).toMatchSnapshot();
  });

  test('should export no name twice', () => {
    expect(types.filter((name, i) => types.indexOf(name) !== i)).toEqual([]);
  });
});

test('should have one Trainer and one trainInProcess, whatever entry they come from', () => {
  expect(streams.Trainer).toBe(model.Trainer);
  expect(streams.trainInProcess).toBe(run.trainInProcess);
});

/** Names of the `export type` lists of a file and of the files that it exports whole. */
function typesOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const whole = [...text.matchAll(/^export \* from '(.*)\.js';/gm)];
  const lists = [...text.matchAll(/^export type \{([^}]*)\}/gm)];
  return [
    ...whole.flatMap(([, from]) => typesOf(join(dirname(path), `${from}.ts`))),
    ...lists.flatMap(([, names = '']) => names.split(',').map((name) => name.trim())),
  ].filter(Boolean);
}
