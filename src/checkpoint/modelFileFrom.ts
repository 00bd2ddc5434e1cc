/** Checks the common content of `.checkpoint` and `.model` files. Works without Node. Writers do not load it: schemas are slow to load. */
import type { z } from 'zod';
import { describeValue } from '../base/messageText.js';
import { ConfigError } from '../config/configError.js';
import { configFromData } from '../config/configFromData.js';
import type { NvaeConfig } from '../config/types.js';
import { CheckpointError } from './checkpointError.js';
import { checksum, checksumKey } from './checksum.js';
import { checkFinite } from './finite.js';
import { latentsFormat } from './latents/latentsLayout.js';
import { format, formatVersion, type ModelFile } from './modelContent.js';
import type { SafetensorsContent } from './safetensorsFrom.js';
import type { Sha256 } from './sha256.js';

/**
 * Checks what was read.
 * @param where names the file in messages
 * @throws CheckpointError when it is damaged, or not one of ours
 */
export async function modelFileFrom(
  { metadata, tensors }: SafetensorsContent,
  where: string,
  hash: Sha256,
): Promise<ModelFile> {
  if (metadata.get('format') === latentsFormat) {
    throw new CheckpointError(where, 'contains latents, not a model; give it to nvae decode after a model');
  }
  if (metadata.get('format') !== format) {
    throw new CheckpointError(where, 'this safetensors file was not written by nvae');
  }
  const version = metadata.get('format_version');
  if (version !== formatVersion) {
    const remedy = 'update rx-nvae';
    const problem = `format version ${describeValue(version)} is unknown (expected ${formatVersion}); ${remedy}`;
    throw new CheckpointError(where, problem);
  }
  if (metadata.get(checksumKey) !== (await checksum(tensors, metadata, hash))) {
    throw new CheckpointError(where, 'damaged: its content does not match its checksum');
  }
  checkFinite(where, tensors);
  const config = checkedConfig(where, parseJson(where, metadata, 'config'));
  return { kind: metadata.get('kind') ?? '', config, tensors, metadata };
}

/**
 * An entry of the metadata that we wrote as JSON.
 * @throws CheckpointError when it is missing or not what the schema says
 */
export function parseEntry<T>(
  path: string,
  metadata: ReadonlyMap<string, string>,
  key: string,
  schema: z.ZodType<T>,
): T {
  const result = schema.safeParse(parseJson(path, metadata, key));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [key, ...(issue?.path ?? [])].join('.');
  throw new CheckpointError(path, `invalid "${place}" in its metadata: ${issue?.message}`, {
    cause: result.error,
  });
}

function parseJson(path: string, metadata: ReadonlyMap<string, string>, key: string): unknown {
  const text = metadata.get(key);
  if (text === undefined) throw new CheckpointError(path, `its metadata has no entry "${key}"`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CheckpointError(path, `its entry "${key}" is not JSON`, {
      cause: error,
    });
  }
}

function checkedConfig(path: string, content: unknown): NvaeConfig {
  try {
    return configFromData(content, path);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [first, ...others] = error.problems;
    const more = others.length > 0 ? ` (and ${others.length} more problems)` : '';
    throw new CheckpointError(path, `its configuration is invalid: ${first}${more}`, {
      cause: error,
    });
  }
}
