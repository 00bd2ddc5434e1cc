/** The entries of a zip archive, and the bytes of each. */
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createInflateRaw, inflateRaw } from 'node:zlib';
import yauzl from 'yauzl';
import { crc32 } from '../../base/crc32.js';
import { messageOf } from '../../base/errors.js';
import { type ByteSource, partOf, windowed } from '../bytes/byteSource.js';
import { spooled } from '../bytes/spooled.js';
import { DamagedImageError } from '../damagedImageError.js';

/** How an entry is compressed: not at all, or as in gzip; other methods are rare. */
export const [stored, deflated] = [0, 8];

/** Where the data of an entry is, and what it must be. */
export interface ZipPlace {
  /** Position of the header before the data. */
  readonly header: number;
  /** Bytes in the archive. */
  readonly compressed: number;
  /** Bytes of the content. */
  readonly size: number;
  readonly method: number;
  readonly crc: number;
}

export interface ZipEntry extends ZipPlace {
  /** Path inside the archive, with `/` between the parts. */
  readonly name: string;
  readonly isLink: boolean;
  readonly isEncrypted: boolean;
}

/** The header before the data: its length without name and extra field, and where their lengths stand. */
const header = { length: 30, nameLength: 26, extraLength: 28 };
const [unixSystem, typeOfLink, typeMask] = [3, 0o120000, 0o170000];
const chunkBytes = 2 ** 20;

/**
 * All entries, in the order of the archive's directory. Takes no memory for those that were delivered.
 * @throws Error that says what to do
 */
export async function* zipEntries(archive: ByteSource): AsyncGenerator<ZipEntry> {
  try {
    const options = { lazyEntries: true, decodeStrings: false, autoClose: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(new Reader(archive), archive.size, options);
    for await (const entry of zip.eachEntry()) yield entryOf(entry);
  } catch (error) {
    throw new Error(`the zip archive cannot be read (${messageOf(error)}); copy or download it again`, {
      cause: error,
    });
  }
}

function entryOf(entry: yauzl.Entry): ZipEntry {
  const { generalPurposeBitFlag, fileNameRaw, extraFields, versionMadeBy, externalFileAttributes } = entry;
  const type = (externalFileAttributes >>> 16) & typeMask;
  return {
    // some programs on Windows write backslashes, which become slashes
    name: yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false),
    header: entry.relativeOffsetOfLocalHeader,
    compressed: entry.compressedSize,
    size: entry.uncompressedSize,
    method: entry.compressionMethod,
    crc: entry.crc32,
    isLink: versionMadeBy >>> 8 === unixSystem && type === typeOfLink,
    isEncrypted: entry.isEncrypted(),
  };
}

/** The content of an entry. @throws DamagedImageError, UnreadImageError */
export async function zipContent(archive: ByteSource, place: ZipPlace): Promise<Buffer> {
  const { size, method, crc } = place;
  const data = await storedData(archive, place);
  const bytes = await data.read(0, data.size);
  if (bytes.length < data.size) throw new DamagedImageError('the archive ends within it');
  const content = method === stored ? bytes : await inflated(bytes, size);
  if (content.length !== size) throw new DamagedImageError(`${content.length} bytes, expected ${size}`);
  if (crc32(content) !== crc) throw new DamagedImageError('its check sum is wrong; the archive is damaged');
  return content;
}

/** The content of a large entry, for random access. @throws DamagedImageError, UnreadImageError */
export async function zipSource(archive: ByteSource, place: ZipPlace): Promise<ByteSource> {
  const data = await storedData(archive, place);
  if (place.method === stored) return data;
  const inflate = createInflateRaw();
  Readable.from(chunksOf(data))
    .on('error', (error) => inflate.destroy(error))
    .pipe(inflate);
  const content = await spooled(inflate).catch((error: unknown) => {
    throw new DamagedImageError(`it cannot be decompressed (${messageOf(error)})`, { cause: error });
  });
  if (content.size === place.size) return content;
  await content.close();
  throw new DamagedImageError(`it decompresses to ${content.size} bytes, expected ${place.size}`);
}

/** The first bytes of the content of an entry, at most `length`. @throws DamagedImageError, UnreadImageError */
export async function zipStart(archive: ByteSource, place: ZipPlace, length: number): Promise<Buffer> {
  const data = await storedData(archive, place);
  const bytes = await data.read(0, length);
  if (place.method === stored) return bytes;
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  return (await promisify(inflateRaw)(bytes, options)).subarray(0, length);
}

/** The data of an entry as it is stored; its place depends on the header before it, which may differ from the directory. */
async function storedData(archive: ByteSource, { header: at, compressed }: ZipPlace): Promise<ByteSource> {
  const start = await archive.read(at, header.length);
  if (start.length < header.length || start.toString('latin1', 0, 4) !== 'PK\x03\x04') {
    throw new DamagedImageError('the archive has something else in its place');
  }
  const names = start.readUInt16LE(header.nameLength) + start.readUInt16LE(header.extraLength);
  return partOf(archive, at + header.length + names, compressed);
}

async function inflated(bytes: Buffer, size: number): Promise<Buffer> {
  try {
    return await promisify(inflateRaw)(bytes, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw new DamagedImageError(`it cannot be decompressed (${messageOf(error)})`, { cause: error });
  }
}

async function* chunksOf(source: ByteSource): AsyncGenerator<Buffer> {
  for (let position = 0; position < source.size; position += chunkBytes) {
    yield await source.read(position, chunkBytes);
  }
}

/** What yauzl reads the directory with, two small parts for each entry. */
class Reader extends yauzl.RandomAccessReader {
  readonly #bytesAt: (position: number, length: number) => Promise<Buffer>;

  constructor(archive: ByteSource) {
    super();
    this.#bytesAt = windowed(archive, chunkBytes);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const done = (bytes: Buffer) => {
      bytes.copy(buffer, offset);
      callback(bytes.length < length ? new Error('it ends too early') : null);
    };
    this.#bytesAt(position, length).then(done, callback);
  }
}
