/**
 * Lists of paths: text with one path per line, or CSV with a column of paths. Paths are bytes that need not be UTF-8, so text is read
 * with one character per byte: separators, quotes and line ends are the same in both.
 */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { messageOf } from '../../base/errors.js';
import { cut, printable } from '../../base/messageText.js';
import { type BytePath, bufferOf, bytePath, inside, textOf } from '../bytePath.js';

/** A list, and where its relative paths begin. */
export interface PathList {
  readonly paths: AsyncIterable<BytePath> | Iterable<BytePath>;
  readonly folder: string;
}

/** Names of a column of paths, in any case. */
const known = ['path', 'file', 'filename', 'image'];
const separators = [',', ';', '\t'];
const csvOptions = { trim: true, relax_column_count: true, skip_empty_lines: true } as const;
/** A longer row is one in which a quote is not closed. */
const longestRow = 2 ** 20;
const partBytes = 2 ** 16;
/** Tab and line ends. */
const lineCharacters = [0x09, 0x0a, 0x0d];
/** Written before a list that was read from somewhere else. */
const folderLine = /^# relative to: ([^\r\n]+)\r?\n/;

/** The line that says where the relative paths of a kept list begin. */
export function folderLineOf(folder: string): string {
  return `# relative to: ${resolve(folder)}\n`;
}

/** Whether the first bytes of a file are those of text that may be a list: not binary, and not SVG or other XML. */
export function isListText(start: Buffer): boolean {
  if (isUtf16(start)) return true;
  const bytes = withoutMark(start);
  const isXml = trimmed(bytes.toString('latin1').replaceAll('\n', ' ')).startsWith('<');
  return bytes.length > 0 && !isXml && bytes.every((byte) => byte >= 0x20 || lineCharacters.includes(byte));
}

/**
 * @param bytes the list
 * @param place path of the list, or a name with which no file is compared
 * @param folder where relative paths begin, if the list does not say it
 * @throws Error that says what is wrong with it
 */
export async function pathListIn(
  bytes: Buffer,
  place: string,
  folder: string = dirname(place),
): Promise<PathList> {
  if (isUtf16(bytes)) {
    throw new Error('the list is UTF-16; save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)');
  }
  const marked = withoutMark(bytes);
  const start = marked.toString('latin1', 0, 2 ** 16);
  const [line = '', given] = folderLine.exec(start) ?? [];
  const root = given === undefined ? folder : textOf(given);
  const content = withoutMark(marked.subarray(line.length));
  const table = await tableOf(content, place, root);
  return { folder: root, paths: table ? rowsOf(content, table) : linesOf(content) };
}

/** How to read a list in CSV. */
interface Table {
  readonly delimiter: string;
  /** Index of the column of paths. */
  readonly column: number;
  readonly hasHeader: boolean;
}

/**
 * Null for plain lines. CSV has a header with a known column, or the extension of CSV.
 * @throws Error that names the columns, if none is known
 */
async function tableOf(content: Buffer, place: string, root: string): Promise<Table | null> {
  const first = firstLine(content);
  const isCsv = /\.[ct]sv$/i.test(place);
  const found = separators
    .map((delimiter) => ({ delimiter, fields: fieldsOf(first, delimiter) }))
    .sort((a, b) => b.fields.length - a.fields.length);
  const isFile = async (path: string) => {
    const real = isFullPath(path) ? path : inside(bytePath(root), path);
    return (await stat(bufferOf(real)).catch(() => null))?.isFile() ?? false;
  };
  for (const { delimiter, fields } of found) {
    const column = fields.findIndex((field) => known.includes(field.toLowerCase()));
    const isOnly = fields.length === 1;
    // a list of one column may begin with a file of such a name
    if (column >= 0 && !(isOnly && (await isFile(trimmed(first)))))
      return { delimiter, column, hasHeader: true };
  }
  const [{ delimiter, fields } = { delimiter: ',', fields: [] as string[] }] = found;
  if (!isCsv || fields.length === 0) return null;
  if (fields.length === 1) return { delimiter, column: 0, hasHeader: !(await isFile(fields[0] ?? '')) };
  const columns = fields.map((field) => `"${cut(printable(textOf(field)))}"`).join(', ');
  throw new Error(
    `no column of paths: its first line has ${columns}; name the column path, file, filename or image`,
  );
}

function firstLine(content: Buffer): string {
  for (const line of linesIn(content)) if (isUsed(line)) return line;
  return '';
}

function fieldsOf(line: string, delimiter: string): string[] {
  try {
    return parseNow(line, { ...csvOptions, delimiter })[0] ?? [];
  } catch {
    return [];
  }
}

async function* linesOf(content: Buffer): AsyncGenerator<BytePath> {
  for (const line of linesIn(content)) if (isUsed(line)) yield trimmed(line);
}

/** @throws Error that names the line */
async function* rowsOf(content: Buffer, { delimiter, column, hasHeader }: Table): AsyncGenerator<BytePath> {
  const parser = parse({
    ...csvOptions,
    delimiter,
    encoding: 'latin1',
    comment: '#',
    comment_no_infix: true,
    max_record_size: longestRow,
    from: hasHeader ? 2 : 1,
  });
  const rows = Readable.from(partsOf(content))
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
  try {
    for await (const row of rows) {
      const path: string = row[column] ?? '';
      if (path !== '') yield path;
    }
  } catch (error) {
    throw new Error(`it is not valid CSV (${cut(messageOf(error))}); correct it`, { cause: error });
  }
}

/** The parser makes all rows of a part at once, so parts are small. */
function* partsOf(content: Buffer): Generator<Buffer> {
  for (let begin = 0; begin < content.length; begin += partBytes) {
    yield content.subarray(begin, begin + partBytes);
  }
}

function* linesIn(content: Buffer): Generator<string> {
  for (let begin = 0; begin < content.length; ) {
    const found = content.indexOf(0x0a, begin);
    const end = found < 0 ? content.length : found;
    yield content.toString('latin1', begin, end);
    begin = end + 1;
  }
}

/** Without blanks at its ends; a no-break space may be part of a character here. */
function trimmed(text: string): string {
  return text.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
}

function isUsed(line: string): boolean {
  const text = trimmed(line);
  return text !== '' && !text.startsWith('#');
}

/** Whether a path does not begin in the folder of the list. */
export function isFullPath(path: BytePath): boolean {
  return /^[\\/]|^[a-z]:[\\/]/i.test(path);
}

function isUtf16(bytes: Buffer): boolean {
  return ['\xff\xfe', '\xfe\xff'].includes(bytes.toString('latin1', 0, 2));
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.toString('latin1', 0, 3) === '\xef\xbb\xbf' ? bytes.subarray(3) : bytes;
}
