/** The check of a configuration by its schema, whatever it comes from. */
import { camelCase, camelCaseKeys, snakeCase } from '../base/camelCase.js';
import { ConfigError } from './configError.js';
import { problemsOf } from './problems.js';
import { fileSchema, modelSchema } from './schema.js';
import type { ModelConfig, NvaeConfig } from './types.js';

/**
 * A configuration with its defaults from the content of a file, keys as in the file.
 * @throws ConfigError that lists the problems
 */
export function checkConfig(content: unknown, name: string, file: string): NvaeConfig {
  const result = fileSchema.safeParse(content);
  if (!result.success) throw new ConfigError(file, problemsOf(fileSchema, content, result.error));
  const { training_parameters: training, ...model } = result.data;
  return { name, model: camelCaseKeys(model), training: camelCaseKeys(training) };
}

/**
 * A model's configuration that code has built, checked as strictly as a file.
 * @throws RangeError that lists the problems
 */
export function checkModelConfig(config: ModelConfig): ModelConfig {
  const content = Object.fromEntries(Object.entries(config).map(([key, value]) => [snakeCase(key), value]));
  const result = modelSchema.safeParse(content);
  if (result.success) return camelCaseKeys(result.data);
  throw new RangeError(problemsOf(modelSchema, content, result.error, { nameOf: camelCase }).join('; '));
}
