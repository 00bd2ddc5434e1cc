/** Reads configurations stored as plain data, for example in checkpoints. */
import { describeValue } from '../base/messageText.js';
import { checkConfig } from './checkConfig.js';
import { ConfigError } from './configError.js';
import { isFileName } from './configName.js';
import { fileContent, isSection } from './fileContent.js';
import type { NvaeConfig } from './types.js';

/**
 * Checks a configuration stored as JSON, as strictly as a file. Keys that an older version did not have get
 * their defaults.
 * @throws ConfigError when the configuration is invalid
 */
export function configFromData(data: unknown, file: string): NvaeConfig {
  if (!isSection(data))
    throw new ConfigError(file, [`expected a section with keys, got ${describeValue(data)}`]);
  const { name, model, training, ...others } = data;
  // The name of a run becomes part of paths.
  if (!isFileName(name)) {
    throw new ConfigError(file, [`name: expected a file name, got ${describeValue(name)}`]);
  }
  if (!isSection(model)) {
    throw new ConfigError(file, [`model: expected a section with keys, got ${describeValue(model)}`]);
  }
  return checkConfig({ ...others, ...fileContent(model, training) }, name, file);
}
