/** The column of images in a Parquet file, and where its parts are. */
import type { CompressionCodec, SchemaElement } from 'hyparquet';
import { parquetMetadataAsync } from 'hyparquet/src/metadata.js';
import type { ByteSource } from '../bytes/byteSource.js';

/** The part of a column in one group of rows. */
export interface ColumnPart {
  readonly rows: number;
  readonly codec: CompressionCodec;
  /** Where its pages begin and end. */
  readonly begin: number;
  readonly end: number;
  /** Bytes of its pages when they are decompressed. */
  readonly size: number;
}

export interface ImageColumn {
  readonly parts: readonly ColumnPart[];
  readonly rows: number;
  /** The level of a row that has a value: the number of names in the column's path that may be without one. */
  readonly deepest: number;
}

/** Names that are usual for images; one of them is taken if there are several columns of bytes. */
const imageNames = ['image', 'img', 'picture', 'photo', 'pixel_values', 'jpg', 'jpeg', 'png', 'webp', 'data'];

/**
 * @param name of the column, if it was given
 * @throws Error that says what to do
 */
export async function imageColumn(file: ByteSource, name: string | undefined): Promise<ImageColumn> {
  const metadata = await metadataOf(file);
  const path = chosen(bytesColumns(metadata.schema), metadata.schema, name);
  const groups = metadata.row_groups.filter(({ num_rows }) => num_rows !== 0n);
  const parts = groups.map(({ columns, num_rows }) => {
    const column = columns.find(
      ({ meta_data }) => meta_data?.path_in_schema.join('\0') === path.names.join('\0'),
    );
    const data = column?.meta_data;
    if (!data || column.file_path) throw new Error('its columns are in several files; write it as one');
    const { dictionary_page_offset: dictionary, data_page_offset: first } = data;
    const begin = Number(
      dictionary !== undefined && dictionary > 0n && dictionary < first ? dictionary : first,
    );
    const end = begin + Number(data.total_compressed_size);
    const [rows, values, size] = [num_rows, data.num_values, data.total_uncompressed_size].map(Number) as [
      number,
      number,
      number,
    ];
    if (
      !(begin >= 4 && end >= begin && end <= file.size && rows === values && rows >= 0 && rows <= file.size)
    ) {
      throw new Error('its description is damaged; copy or download it again');
    }
    return { rows, codec: data.codec, begin, end, size };
  });
  return { parts, rows: parts.reduce((sum, { rows }) => sum + rows, 0), deepest: path.deepest };
}

async function metadataOf(file: ByteSource) {
  const slice = async (begin: number, end = file.size) => {
    const bytes = await file.read(begin, end - begin);
    if (bytes.length < end - begin) throw new Error('the file ends before');
    return new Uint8Array(bytes).buffer; // a copy, without what lies around it in Node's pool
  };
  try {
    return await parquetMetadataAsync({ byteLength: file.size, slice }, { geoparquet: false });
  } catch (error) {
    throw new Error('it ends too early, or its description is damaged; copy or download it again', {
      cause: error,
    });
  }
}

/** A column of byte strings, one for each row at most. */
interface BytesColumn {
  /** For people: without `bytes`, in which hubs wrap images. */
  readonly name: string;
  readonly names: readonly string[];
  readonly deepest: number;
}

function bytesColumns(schema: readonly SchemaElement[]): BytesColumn[] {
  const columns: BytesColumn[] = [];
  let next = 1;
  const visit = (above: readonly string[], deepest: number, isRepeated: boolean) => {
    const element = schema[next];
    next += 1;
    if (!element) return;
    const names = [...above, element.name];
    const { repetition_type: repetition, num_children: children = 0 } = element;
    const level = deepest + (repetition === 'OPTIONAL' ? 1 : 0);
    const isMany = isRepeated || repetition === 'REPEATED';
    const isBytes = element.type === 'BYTE_ARRAY' && !element.converted_type && !element.logical_type;
    const isWrapped = names.length === 2 && element.name === 'bytes';
    if (isBytes && !isMany && (names.length === 1 || isWrapped)) {
      columns.push({ name: names[0] as string, names, deepest: level });
    }
    for (let i = 0; i < children && next < schema.length; i += 1) visit(names, level, isMany);
  };
  while (next < schema.length) visit([], 0, false);
  return columns;
}

/** @throws Error when there is none, or several */
function chosen(
  columns: readonly BytesColumn[],
  schema: readonly SchemaElement[],
  name?: string,
): BytesColumn {
  const names = columns.map((column) => column.name).join(', ');
  const named = (wanted: string) => columns.find((column) => column.name === wanted);
  const [only, another] = columns;
  if (!only) {
    const all = schema.slice(1).map((element) => element.name);
    const expected = 'expected a column of bytes, or of a struct with bytes';
    throw new Error(`none of its columns (${all.slice(0, 10).join(', ')}) is of images: ${expected}`);
  }
  if (name !== undefined) {
    const column = named(name);
    if (!column) throw new Error(`there is no column of bytes with this name; there are ${names}`);
    return column;
  }
  const usual = imageNames.map(named).find((column) => column !== undefined);
  const column = usual ?? (another ? undefined : only);
  if (!column)
    throw new Error(`several of its columns are of bytes (${names}); put the name of one after the path`);
  return column;
}
