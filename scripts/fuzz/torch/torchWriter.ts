/** Writes files of torch.save in both formats. */

import type { Written } from './pickleWriter.js';
import { pickleOf } from './pickleWriter.js';
import type { Record } from './zipWriter.js';
import { zipArchive } from './zipWriter.js';

/** A storage: its bytes, and the number of its values, which the old format has too. */
export interface StorageContent {
  readonly bytes: Uint8Array;
  readonly length: number;
}

export type Storages = ReadonlyMap<string, StorageContent>;

/** The records of a file with the content. */
export function torchRecords(content: Written, storages: Storages, folder = 'mine'): Record[] {
  return [
    { name: `${folder}/data.pkl`, content: pickleOf(content) },
    ...[...storages].map(([key, { bytes }]) => ({ name: `${folder}/data/${key}`, content: bytes })),
    { name: `${folder}/version`, content: Buffer.from('3\n') },
  ];
}

export function torchZip(content: Written, storages: Storages): Buffer {
  return zipArchive(torchRecords(content, storages));
}

export interface OldFormatOptions {
  /** @default PyTorch's */
  readonly magic?: Written;
  /** @default 1001 */
  readonly version?: Written;
  /** @default a little-endian machine's */
  readonly system?: Written;
  /** The list of storages. @default all, in their order */
  readonly keys?: Written;
}

export function torchOld(content: Written, storages: Storages, options: OldFormatOptions = {}): Buffer {
  const {
    magic = 0x1950a86a20f9469cfc6cn,
    version = 1001,
    system = {
      dict: [
        ['protocol_version', 1001],
        ['little_endian', true],
        ['type_sizes', { dict: [['int', 4]] }],
      ],
    },
    keys = { list: [...storages.keys()] },
  } = options;
  const values = [...storages.values()].map(({ bytes, length }) => {
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(BigInt(length));
    return Buffer.concat([count, bytes]);
  });
  return Buffer.concat([...[magic, version, system, content, keys].map(pickleOf), ...values]);
}
