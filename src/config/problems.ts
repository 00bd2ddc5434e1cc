/** What is wrong with a configuration, a sentence for every key. */
import type { z } from 'zod';
import { cut, describeValue } from '../base/messageText.js';
import { nearest } from '../base/nearest.js';
import { allowedValues } from './allowedValues.js';
import { type JsonSchema, jsonSchemaOf, keysOfSections, schemaAt } from './jsonSchema.js';
import type { ConfigSchema } from './schema.js';

export interface ProblemOptions {
  /** How to write a key. @default as in the file */
  readonly nameOf?: (key: string) => string;
}

interface Context {
  readonly root: JsonSchema;
  readonly sections: ReadonlyMap<string, readonly string[]>;
  readonly given: unknown;
  readonly nameOf: (key: string) => string;
}

/** One message lists at most this many problems. */
const mostProblems = 10;

/** A sentence for every key: what is allowed and what was given, or the nearest known key. */
export function problemsOf(
  schema: ConfigSchema,
  given: unknown,
  { issues }: z.ZodError,
  { nameOf = (key) => key }: ProblemOptions = {},
): string[] {
  const root = jsonSchemaOf(schema);
  const context = { root, sections: keysOfSections(root), given, nameOf };
  // A value can break several rules of its key; the first sentence names them all.
  const all = issues.flatMap((issue) => sentences(issue, context));
  const problems = all.filter(([key], i) => all.findIndex(([first]) => first === key) === i);
  const rest = problems.length > mostProblems ? ['further problems, which are not listed'] : [];
  return [...problems.slice(0, mostProblems).map(([, sentence]) => sentence), ...rest];
}

/** Sentences, each with the key that it is about. */
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
  const key = path.map(context.nameOf).join('.');
  return [[path.join('.'), `${key}${key && ': '}expected ${allowed}, got ${nothing}`]];
}

function unknownKey(path: readonly string[], key: string, { sections, nameOf }: Context): string {
  const section = path.join('.');
  const here = sections.get(section) ?? [];
  const elsewhere = [...sections].find(([name, keys]) => name !== section && keys.includes(key))?.[0];
  const full = [...path, cut(key)].map(nameOf).join('.');
  if (elsewhere !== undefined) {
    return `${full}: unknown key here; it belongs to ${elsewhere === '' ? 'the top of the file' : elsewhere}`;
  }
  const similar = nearest(key, here);
  const hint = similar ? `did you mean "${nameOf(similar)}"?` : `known keys: ${here.map(nameOf).join(', ')}`;
  return `${full}: unknown key; ${hint}`;
}

/** The text with the keys in it written as `nameOf` writes them. */
function named(text: string, { sections, nameOf }: Context): string {
  const keys = new Set([...sections.values()].flat());
  return text.replace(/\w+/g, (word) => (keys.has(word) ? nameOf(word) : word));
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}
