/** What `.checkpoint` and `.model` files have in common: named tensors, a configuration, and a checksum. Needs no Node. */
import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';
import { checksum, checksumKey } from './checksum.js';
import type { Sha256 } from './sha256.js';

export const format = 'rx-nvae';
/** Raised when a reader of the old version would misread the new one. */
export const formatVersion = '1';

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
