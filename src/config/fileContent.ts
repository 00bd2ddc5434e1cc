/** Converts a configuration with camelCase keys to file content, which is what the schema describes. */
import { snakeCase } from '../base/camelCase.js';

type Section = Readonly<Record<string, unknown>>;

/** Whether a value has keys. */
export function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the keys of a model and, in a section, the keys of its training. */
export function fileContent(model: object, training: unknown): Section {
  return { ...modelContent(model), training_parameters: withFileKeys(training, 2) };
}

/** Returns the keys of a model. */
export function modelContent(model: object): Section {
  return { ...(withFileKeys(model, 1) as object) };
}

/** Converts only as deep as a configuration has sections, because damaged data can be nested without end. */
function withFileKeys(value: unknown, depth: number): unknown {
  if (!isSection(value) || depth === 0) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    snakeCase(key),
    withFileKeys(inner, depth - 1),
  ]);
  return Object.fromEntries(entries);
}
