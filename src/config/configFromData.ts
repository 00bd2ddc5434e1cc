/** Configurations that were kept as plain data, as checkpoints keep them. */
import { snakeCase } from '../base/camelCase.js';
import { describeValue } from '../base/messageText.js';
import { checkConfig } from './checkConfig.js';
import { ConfigError } from './configError.js';
import { isFileName } from './configName.js';
import type { NvaeConfig } from './types.js';

type Section = Readonly<Record<string, unknown>>;

/**
 * Check a configuration as strictly as the file it came from. What an older version did not know has its default.
 * @throws ConfigError
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

/** Keys as in a file, only as deep as a configuration has sections: damage can nest without end. */
function fileKeys(value: unknown, depth: number): unknown {
  if (!isSection(value) || depth === 0) return value;
  const entries = Object.entries(value).map(([key, inner]) => [snakeCase(key), fileKeys(inner, depth - 1)]);
  return Object.fromEntries(entries);
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
