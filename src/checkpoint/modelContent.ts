/** What `.checkpoint` and `.model` files have in common: named tensors, a configuration, and a checksum. Needs no Node. */
import type { z } from 'zod';
import { describeValue } from '../base/messageText.js';
import type { NamedTensors } from '../base/plainData.js';
import { ConfigError } from '../config/configError.js';
import { configFromData } from '../config/configFromData.js';
import type { NvaeConfig } from '../config/types.js';
import { CheckpointError } from './checkpointError.js';
import { checksum, checksumKey } from './checksum.js';
import { checkFinite } from './finite.js';
import type { SafetensorsContent } from './safetensorsFrom.js';
import type { Sha256 } from './sha256.js';

const format = 'rx-nvae';
/** Raised when a reader of the old version would misread the new one. */
const formatVersion = '1';

export type FileKind = 'checkpoint' | 'model';

/** A file of ours that was read and checked. */
export interface ModelFile {
  readonly kind: string;
  readonly config: NvaeConfig;
  readonly tensors: NamedTensors;
  /** All entries of the file's metadata. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** What a file of ours is made of. */
export interface ModelFileContent {
  readonly kind: FileKind;
  readonly config: NvaeConfig;
  readonly tensors: NamedTensors;
  /** Further entries of the metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The metadata of a file, its checksum included. */
export async function metadataOf(
  { kind, config, tensors, metadata }: ModelFileContent,
  hash: Sha256,
): Promise<ReadonlyMap<string, string>> {
  const entries = new Map(
    Object.entries({
      format,
      format_version: formatVersion,
      kind,
      config: JSON.stringify(config),
      ...metadata,
    }),
  );
  entries.set(checksumKey, await checksum(tensors, entries, hash));
  return entries;
}

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
