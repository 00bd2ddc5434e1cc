/** What `.checkpoint` and `.model` files have in common: named tensors, a configuration, and a checksum. */
import type { z } from 'zod';
import { messageOf } from '../base/errors.js';
import { describeValue } from '../base/messageText.js';
import type { NamedTensors } from '../base/plainData.js';
import { ConfigError } from '../config/configError.js';
import { configFromData } from '../config/configFromData.js';
import type { NvaeConfig } from '../config/types.js';
import { type AtomicWriteOptions, atomicWrite } from './atomicWrite.js';
import { CheckpointError } from './checkpointError.js';
import { checksum, checksumKey } from './checksum.js';
import { checkFinite } from './finite.js';
import { readSafetensors } from './readSafetensors.js';
import { writeSafetensors } from './writeSafetensors.js';

const format = 'rx-nvae';
/** Raised when a reader of the old version would misread the new one. */
const formatVersion = '1';

export type FileKind = 'checkpoint' | 'model';

export interface ModelFile {
  readonly kind: string;
  readonly config: NvaeConfig;
  readonly tensors: NamedTensors;
  /** All entries of the file's metadata. */
  readonly metadata: ReadonlyMap<string, string>;
}

export interface ModelFileContent {
  readonly kind: FileKind;
  readonly config: NvaeConfig;
  readonly tensors: NamedTensors;
  /** Further entries of the metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** @throws CheckpointError when the file cannot be written; the one before is whole then */
export async function writeModelFile(
  path: string,
  { kind, config, tensors, metadata }: ModelFileContent,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const entries = new Map(
    Object.entries({
      format,
      format_version: formatVersion,
      kind,
      config: JSON.stringify(config),
      ...metadata,
    }),
  );
  entries.set(checksumKey, await checksum(tensors, entries));
  try {
    await atomicWrite(path, (file) => writeSafetensors(file, tensors, entries), options);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(path, `cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

/** @throws CheckpointError when the file is missing, damaged, or not one of ours */
export async function readModelFile(path: string): Promise<ModelFile> {
  const { metadata, tensors } = await readSafetensors(path);
  if (metadata.get('format') !== format) {
    throw new CheckpointError(
      path,
      'expected a file that nvae wrote, got a safetensors file of something else',
    );
  }
  const version = metadata.get('format_version');
  if (version !== formatVersion) {
    const remedy = 'a newer rx-nvae may read it';
    const problem = `expected format version ${formatVersion}, got ${describeValue(version)}; ${remedy}`;
    throw new CheckpointError(path, problem);
  }
  if (metadata.get(checksumKey) !== (await checksum(tensors, metadata))) {
    throw new CheckpointError(path, 'damaged: its content does not match its checksum');
  }
  checkFinite(path, tensors);
  const config = checkedConfig(path, parseJson(path, metadata, 'config'));
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
  throw new CheckpointError(path, `expected another "${place}" in its metadata: ${issue?.message}`, {
    cause: result.error,
  });
}

function parseJson(path: string, metadata: ReadonlyMap<string, string>, key: string): unknown {
  const text = metadata.get(key);
  if (text === undefined)
    throw new CheckpointError(path, `expected an entry "${key}" in its metadata, got none`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CheckpointError(path, `expected JSON in its entry "${key}", got something else`, {
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
    throw new CheckpointError(path, `expected a configuration in it that can be used: ${first}${more}`, {
      cause: error,
    });
  }
}
