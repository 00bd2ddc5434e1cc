/**
 * The images of a Parquet file by their rows. Compressed pages can only be read whole, and hold a hundred images or a thousand. So the
 * pages of a group of rows are decompressed once, one page at a time, into a file of the cache folder; from there, any image is read
 * by itself. Of a file that is not compressed, the places of the images are found once, and they are read where they are.
 */
import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { messageOf } from '../../base/errors.js';
import { Queue } from '../../base/queue.js';
import type { ByteSource } from '../bytes/byteSource.js';
import { DamagedImageError } from '../damagedImageError.js';
import { isUnread } from '../unreadImageError.js';
import { decompressorOf } from './decompressed.js';
import {
  type DataPage,
  pageOfVersion1,
  pageOfVersion2,
  plainValues,
  type Value,
  valuesOf,
} from './pageValues.js';
import type { ColumnPart, ImageColumn } from './parquetColumn.js';
import { spool } from './spool.js';

export interface ParquetImages {
  /** @throws DamagedImageError, UnreadImageError */
  read(row: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Where the values of rows are. */
interface Places {
  /** For each row. */
  readonly where: Uint8Array;
  /** For each row, its position and size. */
  readonly numbers: Float64Array;
  /** Why rows could not be read. */
  problem: string;
}

const [unread, none, inFile, inSpool] = [0, 1, 2, 3];
/** Two of them are in memory at a time, compressed and decompressed. */
const largestPage = 2 ** 30;
/** Most headers take some dozens of bytes, but may have the smallest and the largest value. */
const [headerBytes, longestHeader] = [2 ** 12, 2 ** 22];

/** @throws Error that says what to do, when what it needs is not there */
export async function parquetImages(file: ByteSource, column: ImageColumn): Promise<ParquetImages> {
  const { parts, deepest } = column;
  const decompressed = spool();
  const size = parts.reduce((sum, { codec, size }) => sum + (codec === 'UNCOMPRESSED' ? 0 : size), 0);
  for (const codec of new Set(parts.map(({ codec }) => codec))) await decompressorOf(codec);
  try {
    if (size > 0) await decompressed.reserve(size);
  } catch (error) {
    await decompressed.close();
    throw error;
  }
  const found: (Promise<Places> | undefined)[] = parts.map(() => undefined);
  const queue = new Queue(); // one page at a time is in memory, however many images are wanted at once

  const placesOf = (index: number): Promise<Places> => {
    const known = found[index];
    if (known) return known;
    const finding = queue.run(() => placesIn(parts[index] as ColumnPart));
    found[index] = finding;
    finding.catch(() => {
      found[index] = undefined; // it may be readable next time
    });
    return finding;
  };

  const placesIn = async (part: ColumnPart): Promise<Places> => {
    const { rows, codec, begin, end } = part;
    const places: Places = {
      where: new Uint8Array(rows),
      numbers: new Float64Array(2 * rows),
      problem: 'its part of the file ends too early',
    };
    let dictionary: Places | null = null;
    const decompress = await decompressorOf(codec);
    for (let [at, row] = [begin, 0]; at < end && row < rows; ) {
      const { header, length } = await headerAt(file, at, end).catch((error: unknown) => {
        if (isUnread(error)) throw error;
        places.problem = messageOf(error);
        return { header: null, length: 0 };
      });
      if (!header) break;
      const data = at + length;
      at = data + header.compressed_page_size;
      const count = rowsOf(header);
      if (count > rows - row && header.type !== 'DICTIONARY_PAGE') break;
      try {
        if (header.type === 'DICTIONARY_PAGE') {
          dictionary = null;
          const bytes = await decompress(await pageAt(data, header), header.uncompressed_page_size);
          dictionary = await stored(plainValues(bytes, count), bytes, data, codec);
        } else if (header.type !== 'INDEX_PAGE') {
          const page = await dataPage(header, await pageAt(data, header));
          const { values, indexes } = valuesOf(page);
          const kept = indexes ? dictionary : await stored(values, page.bytes, at - page.bytes.length, codec);
          if (!kept) throw new Error('its dictionary is damaged');
          fill(places, row, page, kept, indexes);
        }
      } catch (error) {
        if (isUnread(error)) throw error;
        places.problem = messageOf(error);
      }
      if (header.type !== 'DICTIONARY_PAGE') row += count;
    }
    return places;

    async function dataPage(header: PageHeader, bytes: Buffer): Promise<DataPage> {
      const { data_page_header: one, data_page_header_v2: two, uncompressed_page_size: size } = header;
      if (one) return pageOfVersion1(await decompress(bytes, size), one, deepest);
      if (!two) throw new Error('a page of it is of an unknown kind');
      const { repetition_levels_byte_length: repetitions, definition_levels_byte_length: definitions } = two;
      const levels = repetitions + definitions;
      if (!(repetitions >= 0 && definitions >= 0 && levels <= bytes.length && levels <= size)) {
        throw new Error('a page of it is damaged');
      }
      const rest = bytes.subarray(levels);
      const values = two.is_compressed ? await decompress(rest, size - levels) : rest;
      return pageOfVersion2(bytes.subarray(0, levels), values, two, deepest);
    }
  };

  const pageAt = (position: number, { compressed_page_size: length }: PageHeader) =>
    file.read(position, length);

  /** Finds the places of values, or writes them to the decompressed ones. */
  const stored = async (
    values: readonly Value[],
    page: Uint8Array,
    position: number,
    codec: ColumnPart['codec'],
  ): Promise<Places> => {
    const kept: Places = {
      where: new Uint8Array(values.length),
      numbers: new Float64Array(2 * values.length),
      problem: '',
    };
    const arrays = values.map((value) => value ?? new Uint8Array(0));
    const isInFile = codec === 'UNCOMPRESSED' && arrays.every(({ buffer }) => buffer === page.buffer);
    let at = isInFile || arrays.length === 0 ? 0 : await decompressed.append(arrays);
    kept.where.fill(isInFile ? inFile : inSpool);
    for (const [i, array] of arrays.entries()) {
      kept.numbers[2 * i] = isInFile ? position + array.byteOffset - page.byteOffset : at;
      kept.numbers[2 * i + 1] = array.length;
      at += array.length;
    }
    return kept;
  };

  return {
    async read(row) {
      let [index, first] = [0, 0];
      // groups have a hundred rows or more, so there are few
      for (; row >= first + (parts[index]?.rows ?? Number.POSITIVE_INFINITY); index += 1)
        first += parts[index]?.rows ?? 0;
      const { where, numbers, problem } = await placesOf(index);
      const [place, position, size] = [
        where[row - first],
        numbers[2 * (row - first)],
        numbers[2 * (row - first) + 1],
      ];
      if (place === none) throw new DamagedImageError('its row has no image');
      if (place === unread || position === undefined || size === undefined)
        throw new DamagedImageError(problem);
      const bytes = await (place === inFile ? file.read(position, size) : decompressed.read(position, size));
      if (bytes.length < size) throw new DamagedImageError('the file ends within it');
      return bytes;
    },
    async close() {
      await queue.close(new Error('the file was closed'), () => undefined);
      await decompressed.close();
    },
  };
}

/** Copies the places of values to the rows that have one. @throws Error for an index outside of the dictionary */
function fill(
  places: Places,
  row: number,
  { rows, isPresent }: DataPage,
  values: Places,
  indexes: Uint32Array | null,
): void {
  let next = 0;
  for (let i = 0; i < rows; i += 1) {
    const to = row + i;
    if (isPresent?.[i] === 0) {
      places.where[to] = none;
      continue;
    }
    const from = indexes?.[next] ?? next;
    next += 1;
    if (from >= values.where.length) throw new Error('a page of it is damaged');
    places.where[to] = values.where[from] as number;
    places.numbers[2 * to] = values.numbers[2 * from] as number;
    places.numbers[2 * to + 1] = values.numbers[2 * from + 1] as number;
  }
}

/** The number of values of a page. */
function rowsOf({
  data_page_header: one,
  data_page_header_v2: two,
  dictionary_page_header: dictionary,
}: PageHeader): number {
  return (one ?? two ?? dictionary)?.num_values ?? 0;
}

/** @throws Error when there is none, or it says something that cannot be */
async function headerAt(
  file: ByteSource,
  position: number,
  end: number,
): Promise<{ readonly header: PageHeader; readonly length: number }> {
  for (let most = headerBytes; ; most *= 4) {
    const bytes = await file.read(position, Math.min(most, end - position));
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
    let header: PageHeader;
    try {
      header = parquetHeader(reader);
    } catch (error) {
      if (bytes.length === most && most < longestHeader) continue;
      throw new Error('the header of a page is damaged', { cause: error });
    }
    const { compressed_page_size: compressed, uncompressed_page_size: size } = header;
    const length = reader.offset;
    if (!(compressed >= 0 && size >= 0 && rowsOf(header) >= 0 && position + length + compressed <= end)) {
      throw new Error('the header of a page is damaged');
    }
    if (Math.max(compressed, size) > largestPage) {
      throw new Error(
        `a page of it takes ${size} bytes, more than ${largestPage}; write it with row_group_size=100`,
      );
    }
    return { header, length };
  }
}
