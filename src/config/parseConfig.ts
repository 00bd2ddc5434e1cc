/** Parses the text of a configuration file. Works without Node, for example in a browser. */
import { load, YAMLException } from 'js-yaml';
import { cut } from '../base/messageText.js';
import { checkWrittenConfig } from './checkConfig.js';
import { ConfigError } from './configError.js';
import { configName } from './configName.js';
import { applyOverrides } from './overrides.js';
import type { NvaeConfig } from './types.js';

/** Options of `parseConfig`. */
export interface ParseConfigOptions {
  /** File name, for messages. Without folder and extension, it is the name of the configuration. */
  readonly file: string;
  /**
   * Values that override those in the file: `key=value` with dotted keys, such as `training_parameters.batch_size=8`.
   * @default none
   */
  readonly overrides?: readonly string[];
}

/** A configuration needs no more aliases than it has keys. Nested aliases can expand to billions of values. */
const mostAliases = 100;

/**
 * Parses a configuration from YAML, checks it and fills in the defaults.
 *
 * @param text the content of a configuration file
 * @param options file name for messages, and overrides for single values
 * @throws ConfigError when the text is not YAML, has unknown or missing keys, or has values that are not allowed
 *
 * @example
 * const yaml = `
 * channel_towers: 16
 * number_of_scales: 2
 * initial_splits_per_scale: 2
 * latent_size: 8
 * input_dimension: 32
 * num_flows: 0
 * `;
 * const config = parseConfig(yaml, { file: 'small.yaml', overrides: ['training_parameters.epochs=10'] });
 * config.name; // 'small'
 */
export function parseConfig(text: string, { file, overrides = [] }: ParseConfigOptions): NvaeConfig {
  const given = applyOverrides(parseYaml(text, file), overrides, file);
  return checkWrittenConfig(given, configName(file), file);
}

function parseYaml(text: string, file: string): unknown {
  if (text.trim() === '') throw new ConfigError(file, ['expected a configuration, got an empty file']);
  try {
    return load(text, { maxAliases: mostAliases });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const where = error.mark ? `line ${error.mark.line + 1}, column ${error.mark.column + 1}: ` : '';
    throw new ConfigError(file, [`${where}not valid YAML: ${cut(error.reason, 200)}`], { cause: error });
  }
}
