import { configFromData } from './configFromData.js';
import { fileContent, isSection } from './fileContent.js';
import type { NvaeConfig } from './types.js';

/** A key in which configurations differ. */
export interface ConfigDifference {
  /** The key as in a configuration file, with dots: `training_parameters.batch_size`. */
  readonly key: string;
  /** The value in each configuration, in their order; undefined where the key is missing. */
  readonly values: readonly unknown[];
}

/**
 * The keys in which configurations differ, in the order of a file. Their names do not count. A key that an earlier version did not
 * have counts with its default.
 */
export function configDifferences(configs: readonly NvaeConfig[]): ConfigDifference[] {
  const flat = configs.map(completed).map(({ model, training }) => leaves(fileContent(model, training), ''));
  const keys = new Set(flat.flatMap((each) => [...each.keys()]));
  return [...keys]
    .map((key) => ({ key, values: flat.map((each) => each.get(key)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

/** The configuration with all defaults; as it is if this version does not accept it. */
function completed(config: NvaeConfig): NvaeConfig {
  try {
    return configFromData(config, 'journal');
  } catch {
    return config;
  }
}

/** Values by dotted key, only as deep as a configuration has sections. */
function leaves(section: object, prefix: string, depth = 3): Map<string, unknown> {
  const found = Object.entries(section).flatMap(([name, value]): [string, unknown][] =>
    isSection(value) && depth > 1
      ? [...leaves(value, `${prefix}${name}.`, depth - 1)]
      : [[`${prefix}${name}`, value]],
  );
  return new Map(found);
}
