/** The schema of a configuration as JSON Schema, for editors, and for messages and docs that state what is allowed. */
import { z } from 'zod';
import type { ConfigSchema } from './schema.js';

/** A key or a section of a configuration. */
export interface JsonSchema extends z.core.JSONSchema.BaseSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: JsonSchema[];
}

/** Returns JSON Schema draft-07, which editors support best. It omits only combinations of keys, which it cannot express. */
export function jsonSchemaOf(schema: ConfigSchema): JsonSchema {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) as JsonSchema;
}

/** Returns the schema of a key; undefined if the key is unknown. */
export function schemaAt(root: JsonSchema, path: readonly string[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((section, key) => {
    const keys = section?.properties ?? {};
    return Object.hasOwn(keys, key) ? keys[key] : undefined;
  }, root);
}

/** Returns the keys of each section by its dotted path; the top of the file is ''. */
export function keysOfSections(root: JsonSchema, path = ''): Map<string, readonly string[]> {
  const properties = Object.entries(root.properties ?? {});
  const inner = properties
    .filter(([, { properties }]) => properties !== undefined)
    .flatMap(([key, section]) => [...keysOfSections(section, path === '' ? key : `${path}.${key}`)]);
  return new Map([[path, properties.map(([key]) => key)], ...inner]);
}
