/** What derives from the schema of a configuration: JSON Schema, types, docs. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { expectTypeOf } from 'expect-type';
import fc from 'fast-check';
import { load } from 'js-yaml';
import type { z } from 'zod';
import type { CamelCaseKeys } from '../../src/base/camelCase.js';
import { type JsonSchema, jsonSchemaOf, keysOfSections, schemaAt } from '../../src/config/jsonSchema.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import { type fileSchema, type modelSchema, writtenSchema } from '../../src/config/schema.js';
import type { ModelConfig, TrainingConfig } from '../../src/config/types.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'model_configs');
const published = JSON.parse(await readFile(join(folder, 'schema.json'), 'utf8')) as JsonSchema;
const accepts = new Ajv({ allErrors: true }).compile(published);
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));

/** Keys by section, and every key with its dotted path. */
const sections = [...keysOfSections(published)].map(([path, keys]) => ({
  path: path.split('.').filter(Boolean),
  keys,
}));
const paths = sections.flatMap(({ path, keys }) => keys.map((key) => [...path, key]));

test('the types are those that zod infers', () => {
  expectTypeOf<ModelConfig>().toEqualTypeOf<CamelCaseKeys<z.output<typeof modelSchema>>>();
  type File = z.output<typeof fileSchema>;
  expectTypeOf<TrainingConfig>().toEqualTypeOf<CamelCaseKeys<File['training_parameters']>>();
});

test('types, JSON Schema and docs are current', async () => {
  const args = ['--import', 'tsx', 'scripts/generateConfig.ts', '--check'];
  await expect(promisify(execFile)(process.execPath, args, { cwd: root })).resolves.toMatchObject({
    stderr: '',
  });
});

describe('the JSON Schema', () => {
  test.each(files)('should be named by %s, and accept it', async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/schema\.json\n/);
    expect([accepts(load(text)), accepts.errors]).toEqual([true, null]);
  });

  test('should accept the configuration in the docs, which refuses what the docs say', async () => {
    const page = await readFile(join(root, 'docs/configuration.md'), 'utf8');
    const [, text = ''] = /^```yaml\n(# yaml-language-server.*?)^```$/ms.exec(page) ?? [];
    expect([accepts(load(text)), accepts.errors]).toEqual([true, null]);
    const wrong = `${text}\n  bach_size: 3`.replace('batch_size: 32', 'batch_size: 0');
    const [, message] = /^```\n(mine\.yaml: .*?)\n```$/ms.exec(page) ?? [];
    expect(() => parseConfig(wrong, { file: 'mine.yaml' })).toThrow(message);
  });

  test('should be exported by the package', () => {
    expect(fileURLToPath(import.meta.resolve('rx-nvae/config.schema.json'))).toBe(
      join(folder, 'schema.json'),
    );
  });

  test('should describe every key, and require it or give its default', () => {
    for (const path of paths) {
      const schema = schemaAt(published, path);
      const required = schemaAt(published, path.slice(0, -1))?.required ?? [];
      expect([path, schema?.description]).toEqual([path, expect.stringMatching(/^[A-Z].{10,}\.$/)]);
      expect([path, schema?.default !== undefined]).toEqual([path, !required.includes(path.at(-1) ?? '')]);
    }
    expect(paths.length).toBeGreaterThanOrEqual(40);
  });

  test('should accept what zod accepts, apart from combinations of keys', () => {
    const seen = { accepted: 0, refused: 0, combinations: 0 };
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), (list) => {
        const content = structuredClone(valid);
        for (const change of list) change(content);
        const issues = writtenSchema.safeParse(content).error?.issues ?? [];
        const isCombination = issues.length > 0 && issues.every(({ code }) => code === 'custom');
        seen[issues.length === 0 ? 'accepted' : isCombination ? 'combinations' : 'refused'] += 1;
        expect([accepts(content), content]).toEqual([issues.length === 0 || isCombination, content]);
      }),
      { numRuns: 1000, seed: 2 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(2);
  });

  test('should be what code without files gets', () => {
    expect(jsonSchemaOf(writtenSchema)).toEqual(published);
  });
});

type Section = Record<string, unknown>;

const valid: Section = {
  channel_towers: 8,
  number_of_scales: 4,
  initial_splits_per_scale: 2,
  latent_size: 3,
  input_dimension: 16,
  num_flows: 1,
  training_parameters: { batch_size: 8, augmentation: { crop: 15 } },
};

const values = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    'gaussian',
    'true',
    '2',
    [],
    [2],
    {},
    { seed: 1 },
    -1,
    -0,
    0,
    0.5,
  ),
  // 2^53 - 2, since zod takes 2^53 - 1 for an even number
  fc.constantFrom<unknown>(1, 1.5, 2, 3, 16, 4096, 4097, 1e-9, 2 ** 53 - 2, 2 ** 53, -(2 ** 53), 1e300),
  fc.integer({ min: -3, max: 70 }),
  fc.double({ min: -2, max: 2, noNaN: true }),
);

/** Gives a key of any section another value, takes it away, or adds one that no section knows, or only another one. */
const changes = fc
  .record({
    section: fc.constantFrom(...sections.map(({ path }) => path)),
    path: fc.constantFrom(...paths),
    kind: fc.constantFrom('set', 'set', 'set', 'remove', 'misplace', 'unknown'),
    value: values,
  })
  .map(({ section, path, kind, value }) => (content: Section) => {
    const key = path.at(-1) ?? '';
    const target = open(content, kind === 'misplace' || kind === 'unknown' ? section : path.slice(0, -1));
    if (!target) return;
    if (kind === 'remove') delete target[key];
    else target[kind === 'unknown' ? `${key}s` : key] = value;
  });

function open(content: Section, path: readonly string[]): Section | null {
  return path.reduce<Section | null>((section, key) => {
    if (section === null) return null;
    section[key] ??= {};
    const inner = section[key];
    return typeof inner === 'object' && !Array.isArray(inner) ? (inner as Section) : null;
  }, content);
}
