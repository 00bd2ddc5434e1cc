/** `key=value` overrides of a configuration. */
import { load } from 'js-yaml';
import { describeValue } from '../base/messageText.js';
import { ConfigError } from './configError.js';

type Section = Record<string, unknown>;

/**
 * Returns a copy of the file content with the overrides applied: `key=value` with dotted keys and YAML values.
 * @throws ConfigError when an override does not have that form
 */
export function applyOverrides(content: unknown, overrides: readonly string[], file: string): unknown {
  if (overrides.length === 0 || !isSection(content)) return content;
  const result: Section = structuredClone(content);
  for (const override of overrides) {
    const keys = overrideKeys(override);
    if (keys === null) {
      const expected = 'expected key=value with a dotted key, such as training_parameters.batch_size=8';
      throw new ConfigError(file, [`override ${describeValue(override)}: ${expected}`]);
    }
    let section = result;
    for (const key of keys.slice(0, -1)) section = openSection(section, key);
    define(section, keys.at(-1) ?? '', scalar(override.slice(override.indexOf('=') + 1)));
  }
  return result;
}

/** Returns the parts of the dotted key; null if the override is not `key=value`. */
export function overrideKeys(override: string): string[] | null {
  const keys = override
    .slice(0, Math.max(override.indexOf('='), 0))
    .trim()
    .split('.');
  return keys.includes('') ? null : keys;
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function openSection(parent: Section, key: string): Section {
  const existing = Object.hasOwn(parent, key) ? parent[key] : undefined;
  if (isSection(existing)) return existing;
  const section: Section = {};
  define(parent, key, section);
  return section;
}

/** Sets an own property with any name, even `__proto__`, so that the check sees and rejects it. */
function define(section: Section, key: string, value: unknown): void {
  Object.defineProperty(section, key, { value, enumerable: true, writable: true, configurable: true });
}

function scalar(text: string): unknown {
  try {
    return load(text);
  } catch {
    return text;
  }
}
