/** Checks a configuration against its schema, whatever its source. */
import type { z } from 'zod';
import { camelCaseKeys } from '../base/camelCase.js';
import { ConfigError } from './configError.js';
import { fileContent, modelContent } from './fileContent.js';
import { configNaming, fileNaming, modelNaming } from './naming.js';
import { paperContent } from './paperContent.js';
import { problemsOf } from './problems.js';
import { fileSchema, modelSchema, writtenSchema } from './schema.js';
import type { ModelConfig, NvaeConfig } from './types.js';

/**
 * Returns the configuration in the content of a file that a user wrote, with its defaults filled in, and the keys that `paper: true`
 * stands for.
 * @throws ConfigError that lists the problems
 */
export function checkWrittenConfig(content: unknown, name: string, file: string): NvaeConfig {
  const expanded = paperContent(content);
  const result = writtenSchema.safeParse(expanded);
  if (!result.success) {
    throw new ConfigError(file, problemsOf(writtenSchema, expanded, result.error, fileNaming));
  }
  const { paper: _, ...others } = result.data;
  return configOf(name, others);
}

/**
 * Returns the configuration in stored data with its defaults filled in. Keys are as in a file.
 * @throws ConfigError that lists the problems
 */
export function checkConfig(content: unknown, name: string, file: string): NvaeConfig {
  const result = fileSchema.safeParse(content);
  if (!result.success) {
    throw new ConfigError(file, problemsOf(fileSchema, content, result.error, fileNaming));
  }
  return configOf(name, result.data);
}

/**
 * Checks a configuration built by code, as strictly as a file. `where` is the function that received it.
 * @throws RangeError that lists the problems
 */
export function checkNvaeConfig(where: string, { name, model, training }: NvaeConfig): NvaeConfig {
  const content = fileContent(model, training);
  const result = fileSchema.safeParse(content);
  if (!result.success) refuse(`${where}: `, problemsOf(fileSchema, content, result.error, configNaming));
  return configOf(name, result.data);
}

/**
 * Checks a model architecture built by code, as strictly as a file.
 * @throws RangeError that lists the problems
 */
export function checkModelConfig(config: ModelConfig): ModelConfig {
  const content = modelContent(config);
  const result = modelSchema.safeParse(content);
  if (!result.success) refuse('', problemsOf(modelSchema, content, result.error, modelNaming));
  return camelCaseKeys(result.data);
}

function configOf(name: string, content: z.output<typeof fileSchema>): NvaeConfig {
  const { training_parameters: training, ...model } = content;
  return { name, model: camelCaseKeys(model), training: camelCaseKeys(training) };
}

function refuse(prefix: string, problems: readonly string[]): never {
  throw new RangeError(`${prefix}${problems.join('; ')}`);
}
