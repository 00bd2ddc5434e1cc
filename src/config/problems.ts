/** Describes what is wrong with a configuration, one sentence per key. */
import type { z } from 'zod';
import { cut, describeValue } from '../base/messageText.js';
import { nearest } from '../base/nearest.js';
import { allowedValues } from './allowedValues.js';
import { type JsonSchema, jsonSchemaOf, keysOfSections, schemaAt } from './jsonSchema.js';
import type { Naming } from './naming.js';
import type { ConfigSchema } from './schema.js';

interface Context {
  readonly root: JsonSchema;
  readonly sections: ReadonlyMap<string, readonly string[]>;
  readonly given: unknown;
  readonly naming: Naming;
}

/** Maximum number of problems listed in one message. */
const mostProblems = 10;

/** Returns one sentence per key: what is allowed and what was given, or the nearest known key. */
export function problemsOf(
  schema: ConfigSchema,
  given: unknown,
  { issues }: z.ZodError,
  naming: Naming,
): string[] {
  const root = jsonSchemaOf(schema);
  const context = { root, sections: keysOfSections(root), given, naming };
  // A value can break several rules of its key; the first sentence lists all of them.
  const all = issues.flatMap((issue) => sentences(issue, context));
  const problems = all.filter(([key], i) => all.findIndex(([first]) => first === key) === i);
  const rest = problems.length > mostProblems ? ['more problems, not listed'] : [];
  return [...problems.slice(0, mostProblems).map(([, sentence]) => sentence), ...rest];
}

/** Returns sentences, each with the key it is about. */
function sentences(issue: z.core.$ZodIssue, context: Context): [key: string, sentence: string][] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, mostProblems + 1)
      .map((key) => [[...path, key].join('.'), unknownKey(path, key, context)]);
  }
  const schema = schemaAt(context.root, path);
  const allowed = issue.code === 'custom' || !schema ? named(issue.message, context) : allowedValues(schema);
  const got = at(context.given, path);
  const nothing = got === undefined ? 'nothing (this key is required)' : describeValue(got);
  const key = context.naming.path(path);
  return [[path.join('.'), `${key}${key && ': '}expected ${allowed}, got ${nothing}`]];
}

function unknownKey(path: readonly string[], key: string, { sections, naming }: Context): string {
  const section = path.join('.');
  const here = sections.get(section) ?? [];
  const elsewhere = [...sections].find(([name, keys]) => name !== section && keys.includes(key))?.[0];
  const full = naming.path([...path, cut(key)]);
  if (elsewhere !== undefined) {
    const place = elsewhere === '' ? naming.top : naming.path(elsewhere.split('.'));
    return `${full}: unknown key here; it belongs to ${place}`;
  }
  const similar = nearest(key, here);
  const hint = similar
    ? `did you mean "${naming.key(similar)}"?`
    : `known keys: ${here.map(naming.key).join(', ')}`;
  return `${full}: unknown key; ${hint}`;
}

/** Rewrites the keys in a text the way messages write them. */
function named(text: string, { sections, naming }: Context): string {
  const keys = new Set([...sections.values()].flat());
  return text.replace(/\w+/g, (word) => (keys.has(word) ? naming.key(word) : word));
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}
