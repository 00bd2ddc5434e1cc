/** The check of a configuration's content, wherever it comes from. */
import type { z } from 'zod';
import { camelCaseKeys } from '../base/camelCase.js';
import { cut, describeValue } from '../base/messageText.js';
import { nearest } from '../base/nearest.js';
import { ConfigError } from './configError.js';
import { fileSchema, knownKeys } from './schema.js';
import type { NvaeConfig } from './types.js';

/** One message lists at most this many problems. */
const mostProblems = 10;

/**
 * A configuration from the content of a file, its keys as in the file.
 * @throws ConfigError as `parseConfig`
 */
export function checkConfig(given: unknown, name: string, file: string): NvaeConfig {
  const result = fileSchema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => sentences(issue, given));
    const rest = problems.length > mostProblems ? ['further problems, which are not listed'] : [];
    throw new ConfigError(file, [...problems.slice(0, mostProblems), ...rest]);
  }
  const { training_parameters: training, ...model } = result.data;
  const config: NvaeConfig = { name, model: camelCaseKeys(model), training: camelCaseKeys(training) };
  checkCombination(config, file);
  return config;
}

function sentences(issue: z.core.$ZodIssue, given: unknown): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, mostProblems + 1).map((key) => unknownKey(path, key));
  }
  const key = path.length > 0 ? `${path.join('.')}: ` : '';
  const got = at(given, path);
  const nothing = got === undefined ? 'nothing (this key is required)' : describeValue(got);
  return [`${key}expected ${issue.message}, got ${nothing}`];
}

function unknownKey(path: readonly string[], key: string): string {
  const section = path.join('.');
  const here = knownKeys[section] ?? [];
  const elsewhere = Object.entries(knownKeys).find(([name, keys]) => name !== section && keys.includes(key));
  const full = [...path, cut(key)].join('.');
  if (elsewhere) {
    const place = elsewhere[0] === '' ? 'the top of the file' : elsewhere[0];
    return `${full}: unknown key here; it belongs to ${place}`;
  }
  const similar = nearest(key, here);
  const hint = similar ? `did you mean "${similar}"?` : `known keys: ${here.join(', ')}`;
  return `${full}: unknown key; ${hint}`;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** What no single key tells. */
function checkCombination({ model, training }: NvaeConfig, file: string): void {
  const { inputDimension, numberOfScales, numBlocksPrepost } = model;
  const halvings = numberOfScales + numBlocksPrepost - 1;
  if (halvings > 20 || inputDimension % 2 ** halvings !== 0) {
    const why = `number_of_scales ${numberOfScales} and num_blocks_prepost ${numBlocksPrepost}`;
    const factor = halvings > 20 ? `2^${halvings}` : 2 ** halvings;
    const expected = `a multiple of ${factor}, because ${why} halve the image ${halvings} times`;
    throw new ConfigError(file, [`input_dimension: expected ${expected}, got ${inputDimension}`]);
  }
  const { crop } = training.augmentation;
  if (crop >= inputDimension) {
    const expected = `less than input_dimension ${inputDimension}, because it is a number of its pixels`;
    throw new ConfigError(file, [`training_parameters.augmentation.crop: expected ${expected}, got ${crop}`]);
  }
}
