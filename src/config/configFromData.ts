/** Configurations stored as plain data, such as in checkpoints. */
import { snakeCase } from '../base/camelCase.js';
import { describeValue } from '../base/messageText.js';
import { checkConfig } from './checkConfig.js';
import { ConfigError } from './configError.js';
import { isFileName } from './configName.js';
import type { NvaeConfig } from './types.js';

type Section = Readonly<Record<string, unknown>>;

/**
 * Check a configuration that was stored as JSON, as strictly as a file. Keys that an older version did not know get
 * their defaults.
 * @throws ConfigError when it is refused
 */
export function configFromData(data: unknown, file: string): NvaeConfig {
  if (!isSection(data))
    throw new ConfigError(file, [`expected a section with keys, got ${describeValue(data)}`]);
  const { name, model, training, ...others } = data;
  // The name of a run becomes part of paths.
  if (!isFileName(name)) {
    throw new ConfigError(file, [`name: expected a file name, got ${describeValue(name)}`]);
  }
  const architecture = fileKeys(model, 1);
  if (!isSection(architecture)) {
    throw new ConfigError(file, [`model: expected a section with keys, got ${describeValue(model)}`]);
  }
  return checkConfig({ ...architecture, ...others, training_parameters: fileKeys(training, 2) }, name, file);
}

/** The value with keys as in a file, down to the depth of a configuration's sections: damaged data can be nested deeply. */
function fileKeys(value: unknown, depth: number): unknown {
  if (!isSection(value) || depth === 0) return value;
  const entries = Object.entries(value).map(([key, inner]) => [snakeCase(key), fileKeys(inner, depth - 1)]);
  return Object.fromEntries(entries);
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
