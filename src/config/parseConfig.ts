/** From the text of a configuration file to a checked configuration with defaults filled in. */
import { load, YAMLException } from 'js-yaml';
import { cut } from '../base/messageText.js';
import { checkConfig } from './checkConfig.js';
import { ConfigError } from './configError.js';
import { configName } from './configName.js';
import { applyOverrides } from './overrides.js';
import type { NvaeConfig } from './types.js';

export interface ParseConfigOptions {
  /** Name of the file for messages; without folder and extension it names the run. */
  readonly file: string;
  /** Values that replace those of the file: `key=value` with dotted keys, as `training_parameters.batch_size=8`. */
  readonly overrides?: readonly string[];
}

/** Far more than a configuration has keys; each may stand for many values. */
const mostAliases = 100;

/**
 * Read a configuration.
 * @throws ConfigError that lists the problems: key, what was given, what is allowed, the nearest known key
 */
export function parseConfig(text: string, { file, overrides = [] }: ParseConfigOptions): NvaeConfig {
  const given = applyOverrides(parseYaml(text, file), overrides, file);
  return checkConfig(given, configName(file), file);
}

function parseYaml(text: string, file: string): unknown {
  if (text.trim() === '') throw new ConfigError(file, ['expected a configuration, got an empty file']);
  try {
    return load(text, { maxAliases: mostAliases });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const where = error.mark ? `line ${error.mark.line + 1}, column ${error.mark.column + 1}: ` : '';
    const advice = 'expected YAML such as "batch_size: 8"';
    throw new ConfigError(
      file,
      [`${where}${advice}, got text that does not parse: ${cut(error.reason, 200)}`],
      {
        cause: error,
      },
    );
  }
}
