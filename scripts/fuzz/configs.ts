/** YAML configurations: mutated ones, and texts that are expensive to parse. */
import { execFile } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Recipes } from './corpus.js';
import { damages } from './damage.js';
import type { Expected, Random, Recipe } from './fuzzCase.js';
import { file } from './fuzzCase.js';

const valid = `# A comment.
channel_towers: 8
number_of_scales: 2
initial_splits_per_scale: 2
latent_size: 3
input_dimension: 16
num_flows: 1
sampling_method: logistic_mixture
exponential_scaling: 2
training_parameters:
  learning_rate: 0.01
  batch_size: 8
  gradient_clipping: 200
  seed: 7
  augmentation:
    horizontal_flip: true
`;
const architecture = valid.split('training_parameters')[0] ?? '';

const named = (name: string, expected: Expected, make: (random: Random) => Buffer | string): Recipe =>
  file(name, 'mine.yaml', expected, make);
const text = (name: string, content: string | Buffer, expected: Expected = 'refused') =>
  named(name, expected, () => content);
/** The valid configuration with another value for one top-level key. */
const changed = (key: string, value: string, expected: Expected = 'refused') => {
  const line = new RegExp(`^${key}: .*\n`, 'm');
  return text(`${key}: ${value}`, `${key}: ${value}\n${valid.replace(line, '')}`, expected);
};

/** Each level contains the previous one nine times: 9^30 values if expanded. */
function laughs(of: (i: number) => string): string {
  return Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} ${i === 0 ? '[ha, ha]' : of(i - 1)}`).join('\n');
}
const nine = (item: string) => Array(9).fill(item).join(', ');
const repeat = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i));

const bombs: Recipe[] = [
  text(
    'aliases, lists',
    laughs((i) => `[${nine(`*a${i}`)}]`),
  ),
  text(
    'aliases, maps',
    laughs((i) => `{${repeat(9, (k) => `k${k}: *a${i}`).join(', ')}}`),
  ),
  text('aliases in a key that is known', `${laughs((i) => `[${nine(`*a${i}`)}]`)}\nlatent_size: *a29\n`),
  text(
    'merges',
    laughs((i) => (i === 0 ? '{x: 1}' : `{<<: [${nine(`*a${i}`)}], y${i}: 1}`)),
  ),
  text('an alias of itself', `latent_size: &a [*a]\n${architecture.replace(/latent_size.*\n/, '')}`),
  text('a section inside itself', `${architecture}training_parameters: &t\n  augmentation: *t\n`),
  text('the whole inside itself', '&a {channel_towers: *a}'),
  text('nested lists', '['.repeat(100_000)),
  text('nested lists, closed', `latent_size: ${'['.repeat(50_000)}${']'.repeat(50_000)}`),
  text('nested maps', repeat(3000, (i) => `${' '.repeat(i)}a:`).join('\n')),
  text('nested flow maps', `latent_size: ${'{a: '.repeat(90)}1${'}'.repeat(90)}`),
  text('10 MB of comments', `${valid}${'# nothing\n'.repeat(1_000_000)}`),
  text('10 MB in one value', `${architecture}name: ${'x'.repeat(10_000_000)}`),
  text('10 MB in one key', `${architecture}${'x'.repeat(10_000_000)}: 1`),
  text('10 MB list', `${architecture}x: [${'1,'.repeat(5_000_000)}1]`),
  text('a list of a thousand', `${architecture}x: [${'1,'.repeat(1000)}1]`),
  text('a long known value', `sampling_method: ${'ä'.repeat(100_000)}\n${architecture}`),
  text('a thousand unknown keys', `${repeat(1000, (i) => `key_${i}: ${i}`).join('\n')}\n${valid}`),
  text('a hundred thousand unknown keys', repeat(100_000, (i) => `k${i}: ${i}`).join('\n')),
  text('a long unknown key', `${'channel_'.repeat(5000)}: 1\n${valid}`),
  text('a long tag', `latent_size: !<${'x'.repeat(50_000)}> 1`),
  text('a long anchor', `latent_size: *${'x'.repeat(50_000)}`),
];

const numbers: Recipe[] = [
  changed('channel_towers', '1000000000'),
  changed('channel_towers', '9007199254740990'),
  changed('latent_size', '1e9'),
  changed('latent_size', '9007199254740991'),
  changed('latent_size', '-3'),
  changed('latent_size', '0'),
  changed('latent_size', '1.5'),
  changed('latent_size', '.nan'),
  changed('latent_size', '.inf'),
  changed('latent_size', '9'.repeat(400)),
  changed('latent_size', '0x10', 'either'),
  changed('latent_size', '1_000', 'either'),
  changed('latent_size', '2020-01-01'),
  changed('latent_size', '2020-01-01T00:00:00Z'),
  changed('number_of_scales', '1000000000'),
  changed('number_of_scales', '22'),
  changed('input_dimension', '1073741824'),
  changed('input_dimension', '4611686018427387904'),
  changed('input_dimension', '1000000'),
  changed('initial_splits_per_scale', '1000000000'),
  changed('exponential_scaling', '1e-300'),
  changed('exponential_scaling', '5e-324'),
  changed('exponential_scaling', '0.000001'),
  changed('num_flows', '1000000000'),
  changed('min_splits', '1000000000'),
  changed('n_mix', '1000000000'),
  changed('num_blocks_prepost', '1000000000'),
  changed('num_cells_per_block_prepost', '1000000000'),
  changed('cells_per_split_enc', '1000000000'),
  changed('cells_per_input_dec', '1000000000'),
  text(
    'terabytes in all',
    'channel_towers: 4096\nnumber_of_scales: 8\ninitial_splits_per_scale: 9\nlatent_size: 512\ninput_dimension: 1024\nnum_flows: 9\n',
  ),
];

const forms: Recipe[] = [
  text('a valid one', valid, 'accepted'),
  text('__proto__', `__proto__: {latent_size: 3}\n${valid}`),
  text('__proto__ in a section', `${architecture}training_parameters: {__proto__: {seed: 3}}`),
  text('constructor', `constructor: {prototype: {x: 1}}\n${valid}`),
  text('toString for a section', `${architecture}training_parameters: {toString: 1}`),
  text('hasOwnProperty', `hasOwnProperty: 1\n${valid}`),
  text('a key twice', `latent_size: 3\n${valid}`),
  text('tabs', valid.replaceAll('  ', '\t')),
  text('a byte order mark', `\uFEFF${valid}`, 'accepted'),
  text('Windows line ends', valid.replaceAll('\n', '\r\n'), 'accepted'),
  text('old Mac line ends', valid.replaceAll('\n', '\r'), 'either'),
  text('UTF-16', Buffer.from(`\uFEFF${valid}`, 'utf16le')),
  text('UTF-16 without mark', Buffer.from(valid, 'utf16le')),
  text('Latin-1', Buffer.from(`sampling_method: gaußian\n${architecture}`, 'latin1')),
  text('several documents', `${valid}---\n${valid}`),
  text('an ended document', `${valid}...\n`, 'either'),
  text('a directive', `%YAML 9.9\n---\n${valid}`, 'either'),
  text('a null byte', valid.replace('8', '\0')),
  text('an escape sequence', valid.replace('8', '\x1b[2J')),
  text('null', 'null'),
  text('a scalar', '12'),
  text('a list', '[1, 2]'),
  text('a list of configurations', `- ${architecture.trim().replaceAll('\n', '\n  ')}`),
  text('nothing', ''),
  text('spaces', ' \n\n \n'),
  text('comments', '# nothing\n# at all\n'),
  text('JSON', JSON.stringify({ channel_towers: 8 })),
  text('HTML', '<!DOCTYPE html>\n<html><body>404: not found</body></html>'),
  text('a shell script', '#!/bin/sh\nrm -rf "$1"\n'),
  text('a complex key', `? [1, 2]\n: 3\n${valid}`),
  text('a set', `training_parameters: !!set {seed}\n${architecture}`),
  text('a JavaScript tag', `latent_size: !!js/function "function () {}"\n${architecture}`),
  text('binary', `latent_size: !!binary aGVsbG8=\n${architecture}`),
  text('a section that is a text', `${architecture}training_parameters: yes\n`),
  text('a section that is a list', `${architecture}training_parameters: [1]\n`),
  text('an empty section', `${architecture}training_parameters:\n`, 'either'),
  text('a word for true', `${valid}fixed_flows: yes\n`),
  text('direction marks', `latent_size\u202e: 3\n${architecture}`),
];

const files: Recipe[] = [
  { name: 'a folder', file: 'mine.yaml', write: (path) => mkdir(path) },
  { name: 'a pipe', file: 'mine.yaml', write: (path) => promisify(execFile)('mkfifo', [path]) },
  { name: 'a symlink to itself', file: 'mine.yaml', write: (path) => symlink(path, path) },
  { name: 'an endless device', file: 'mine.yaml', write: (path) => symlink('/dev/zero', path) },
  { name: 'nothing there', file: 'mine.yaml', write: async () => undefined },
  {
    name: 'a terabyte',
    file: 'mine.yaml',
    write: async (path) => {
      await writeFile(path, valid);
      await truncate(path, 2 ** 40);
    },
  },
];

const lines = valid.trimEnd().split('\n');
const values = [
  '"text"',
  '[1, 2]',
  '{a: 1}',
  'null',
  '~',
  'true',
  '-1',
  '0',
  '1e999',
  '',
  '.nan',
  '3.7',
  '2020-01-01',
  '*a',
];

const random: Recipe[] = [
  ...Object.entries(damages).map(([name, damage]) =>
    named(name, 'either', (random) => damage(Buffer.from(valid), random)),
  ),
  named('a line removed', 'either', (random) => without(random.integer(lines.length)).join('\n')),
  named('a line doubled', 'either', (random) => {
    const at = random.integer(lines.length);
    return lines.toSpliced(at, 0, lines[at] ?? '').join('\n');
  }),
  named('lines swapped', 'either', (random) => {
    const at = random.integer(lines.length);
    return without(at)
      .toSpliced(random.integer(lines.length), 0, lines[at] ?? '')
      .join('\n');
  }),
  named('another value', 'either', (random) => {
    const at = random.integer(lines.length);
    return lines.with(at, (lines[at] ?? '').replace(/:.*/, `: ${random.pick(values)}`)).join('\n');
  }),
  named('another indentation', 'either', (random) => {
    const at = random.integer(lines.length);
    return lines.with(at, `${' '.repeat(random.integer(6))}${lines[at]}`).join('\n');
  }),
  named('a misspelt key', 'either', (random) => {
    const at = random.integer(lines.length);
    const line = lines[at] ?? '';
    const hit = random.integer(line.length);
    return lines
      .with(at, line.slice(0, hit) + random.pick([...'aeiou_:{[&*!|>']) + line.slice(hit + 1))
      .join('\n');
  }),
  named('random bytes', 'refused', (random) => random.bytes(random.integer(500))),
];

function without(at: number): string[] {
  return lines.toSpliced(at, 1);
}

export const configRecipes: Recipes = { special: [...bombs, ...numbers, ...forms, ...files], random };
