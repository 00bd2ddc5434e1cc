/**
 * Writes the files derived from src/config/schema.ts: the types, the JSON Schema and the tables of docs/configuration.md.
 * `npm run config:generate -- [--check]`. With --check it writes nothing and fails if a file is out of date.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { jsonSchemaOf } from '../src/config/jsonSchema.js';
import { fileSchema, modelSchema, writtenSchema } from '../src/config/schema.js';
import { withTables } from './generateConfig/tables.js';
import { withTypes } from './generateConfig/types.js';

const file = jsonSchemaOf(fileSchema);
const written = jsonSchemaOf(writtenSchema);
const model = jsonSchemaOf(modelSchema);

/** Functions from the old content of each file to the new one. */
const outputs: Readonly<Record<string, (before: string) => string>> = {
  'src/config/types.ts': (before) => withTypes(before, model, file),
  'model_configs/schema.json': () => JSON.stringify(written),
  'docs/configuration.md': (before) => withTables(before, written),
};

/** The content formatted as by `npm run format`. */
function formatted(path: string, content: string): string {
  const args = ['format', `--stdin-file-path=${path}`];
  return execFileSync('node_modules/.bin/biome', args, { input: content, encoding: 'utf8' });
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

for (const [path, generate] of Object.entries(outputs)) {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = formatted(path, generate(before));
  if (after === before) continue;
  if (values.check) {
    console.error(`${path} is not current; run npm run config:generate`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, after);
    console.log(`wrote ${path}`);
  }
}
