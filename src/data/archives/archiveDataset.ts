/** An archive of images as a dataset, whatever kind of archive it is. */
import { messageOf } from '../../base/errors.js';
import { printable } from '../../base/messageText.js';
import { sizedImage } from '../arrays/arrayDataset.js';
import type { ByteSource } from '../bytes/byteSource.js';
import { openBytes } from '../bytes/openBytes.js';
import { type Closable, reopening } from '../bytes/reopening.js';
import type { DataOptions } from '../dataForm.js';
import type { Dataset, DatasetItem } from '../dataset.js';
import { DatasetError } from '../datasetError.js';
import { currentFileVersion } from '../fileVersion.js';
import { readableExtensions } from '../formats.js';
import { omissions } from '../omissions.js';
import { oneFileIdentity } from '../oneFileIdentity.js';
import { keptTable } from '../packed/keptTable.js';
import type { PackedTable } from '../packed/packedTable.js';
import { storedInBytes } from '../storedInBytes.js';
import { earlyEndOf, sampleRows, usableRows } from './archiveMembers.js';

/** How to read one kind of archive. */
export interface ArchiveKind {
  /** For messages and kept indexes, such as `zip archive`. */
  readonly name: string;
  /** Whether several members may be one sample (`sampleRows`). @default false */
  readonly hasSamples?: boolean;
  /**
   * Finds all members (`MemberIndex`).
   * @throws an error that says what is wrong with the archive, and what to do
   */
  index(archive: ByteSource): Promise<PackedTable>;
  /**
   * A member: the bytes of an image file, or samples.
   * @throws DamagedImageError, UnreadImageError
   */
  read(archive: ByteSource, index: PackedTable, row: number): Promise<Buffer | RawImage>;
}

/** An image that is not encoded. */
export interface RawImage {
  /** Bytes `[height, width, channels]`, or with the channels first. */
  readonly samples: Buffer;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly channelsFirst: boolean;
}

interface Archive {
  readonly bytes: ByteSource;
  readonly index: PackedTable;
}

interface Member extends DatasetItem {
  readonly row: number;
}

/**
 * Images of an archive, in its order, named by their paths inside it. The index is built once and kept in the cache folder. An archive
 * that is compressed as a whole is decompressed once per run.
 *
 * `items` throws a `DatasetError` when the archive cannot be read or has no image.
 *
 * @param path of the archive, for names and messages
 * @param file the file to read, if it is not at the path
 */
export function archiveDataset(
  path: string,
  kind: ArchiveKind,
  { maxPixels }: DataOptions = {},
  file = path,
): Dataset<Member> {
  const opened = reopening(() => openArchive(path, file, kind));
  return {
    name: path,
    async items(_signal, warn) {
      const { index } = await opened.get();
      const notes = omissions();
      const usable = usableRows(index, notes);
      const rows = kind.hasSamples ? sampleRows(index, usable, notes) : usable;
      const left = notes.words();
      const parts = [left === null ? null : `left out ${left}`, earlyEndOf(index)];
      const words = parts.filter((part) => part !== null).join('; ');
      if (rows.length === 0) {
        const found = words || `give a ${kind.name} of images`;
        throw new DatasetError(path, `no images found (${readableExtensions.join(', ')}); ${found}`);
      }
      if (words !== '') warn(`${printable(path)}: ${words}`);
      const version = await currentFileVersion(file);
      const at = (place: number): Member | undefined => {
        const row = rows[place];
        if (row === undefined) return undefined;
        const name = index.name(row);
        return { name, path: `${path}/${name}`, version, row };
      };
      return { length: rows.length, at };
    },
    async decode({ row }) {
      const { bytes, index } = await opened.get();
      const image = await kind.read(bytes, index, row);
      if (Buffer.isBuffer(image)) return { file: image, maxPixels };
      const { samples, ...raw } = image;
      return sizedImage({ ...raw, type: 'u1' }, samples);
    },
    async stored({ row }) {
      const { bytes, index } = await opened.get();
      const image = await kind.read(bytes, index, row);
      if (Buffer.isBuffer(image)) return storedInBytes(image);
      const { width, height, channels } = image;
      return { format: 'uint8', width, height, channels, alpha: false };
    },
    currentVersion: () => currentFileVersion(file),
    identity: () => oneFileIdentity(file),
    close: () => opened.close(),
  };
}

/** @throws DatasetError */
async function openArchive(path: string, file: string, kind: ArchiveKind): Promise<Archive & Closable> {
  let bytes: ByteSource | undefined;
  try {
    const source = await openBytes(file);
    bytes = source;
    const index = await keptTable({ path: file, kind: kind.name }, () => kind.index(source));
    return { bytes, index, close: () => source.close() };
  } catch (error) {
    await bytes?.close();
    throw new DatasetError(path, messageOf(error), { cause: error });
  }
}
