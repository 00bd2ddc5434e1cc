/** The common content of `.checkpoint` and `.model` files: named tensors, a configuration, and a checksum. Works without Node. */
import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';
import { checksum, checksumKey } from './checksum.js';
import type { Sha256 } from './sha256.js';

export const format = 'rx-nvae';
/** Increased when a reader of the old version would misread the new one. */
export const formatVersion = '1';

export type FileKind = 'checkpoint' | 'model';

/** One of our files after reading and checking. */
export interface ModelFile {
  readonly kind: string;
  readonly config: NvaeConfig;
  readonly tensors: NamedTensors;
  /** All entries of the file's metadata. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** The content of one of our files. */
export interface ModelFileContent {
  readonly kind: FileKind;
  readonly config: NvaeConfig;
  readonly tensors: NamedTensors;
  /** Names of tensors with values of bfloat16, which the file stores in two bytes each. @default none */
  readonly bfloat16?: ReadonlySet<string>;
  /** Additional entries of the metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The metadata of a file, including its checksum. */
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
