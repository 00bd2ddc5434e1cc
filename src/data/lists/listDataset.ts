/** The files that a list names as a dataset. */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { cut, printable } from '../../base/messageText.js';
import { type BytePath, bufferOf, bytePath, inside, isText, placeOf, textOf } from '../bytePath.js';
import type { DataForm, DataOptions } from '../dataForm.js';
import type { Dataset, ItemList } from '../dataset.js';
import { DatasetError } from '../datasetError.js';
import { fileContentIdentity } from '../fileContentIdentity.js';
import { fileVersion } from '../fileVersion.js';
import { isReadable } from '../formats.js';
import type { ImageFile } from '../imageFile.js';
import { imageFiles } from '../imageFiles.js';
import { type Omissions, omissions } from '../omissions.js';
import { type PackedTable, PackedTableBuilder } from '../packed/packedTable.js';
import { repeatedNames } from '../packed/repeatedNames.js';
import { isShardName } from '../packedNames.js';
import { readImageFile } from '../readImageFile.js';
import { isFullPath, isListText, type PathList, pathListIn } from './pathList.js';

/** Number of files examined at a time. */
const concurrency = 64;
const mostNames = 3;
const [sizeColumn, timeColumn] = [0, 1];

/** Text files with a path per line, and CSV files with a column of paths. */
export const listForm: DataForm = {
  accepts: ({ start, isGzip, path }) =>
    !isGzip &&
    !isShardName(basename(path)) &&
    !isReadable(extname(path).slice(1).toLowerCase()) && // a damaged image
    (isListText(start) || (start.length === 0 && /\.(txt|lst|list|csv|tsv)$/i.test(path))),
  open: (path, options) =>
    listDataset(path, async () => pathListIn(await readImageFile(path), path), options),
};

/**
 * The files of a list, in its order, named as the list names them. A path that comes again is left out with a warning.
 *
 * `items` throws a `DatasetError` that counts the files that do not exist, or says what is wrong with the list.
 *
 * @param name for messages: the path of the list
 * @param read reads the list; its errors become those of `items`
 */
export function listDataset(
  name: string,
  read: () => Promise<PathList>,
  { maxPixels }: DataOptions = {},
): Dataset<ImageFile> {
  return {
    ...imageFiles(maxPixels),
    name,
    async items(signal, warn) {
      try {
        return await listed(await read(), signal, (words) => warn(`${printable(name)}: left out ${words}`));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DatasetError) throw error;
        throw new DatasetError(name, messageOf(error), { cause: error });
      }
    },
    identity: fileContentIdentity,
  };
}

/** @throws Error that says what is wrong */
async function listed(
  { folder, paths }: PathList,
  signal: AbortSignal,
  leftOut: (words: string) => void,
): Promise<ItemList<ImageFile>> {
  const root = bytePath(folder);
  const table = await examined(root, paths, signal);
  const notes = omissions();
  const rows = firstRows(table, notes);
  const words = notes.words();
  if (words !== null) leftOut(words);
  const at = (index: number): ImageFile | undefined => {
    const row = rows ? rows[index] : index;
    return row === undefined || row >= table.length ? undefined : fileAt(table, row, folder, root);
  };
  return { length: rows?.length ?? table.length, at };
}

/** Sizes and times of all files. @throws Error that counts those that are not there */
async function examined(root: BytePath, paths: PathList['paths'], signal: AbortSignal): Promise<PackedTable> {
  const table = new PackedTableBuilder(2);
  const missing: string[] = [];
  let [count, absent] = [0, 0];
  let waiting: { readonly path: BytePath; readonly status: Promise<Status> }[] = [];
  const take = async () => {
    for (const { path, status } of waiting) {
      const known = await status;
      if (known) table.add(path, known.size, known.mtimeMs);
      else {
        absent += 1;
        if (missing.length < mostNames) missing.push(cut(printable(textOf(path)), 100));
      }
    }
    waiting = [];
  };
  for await (const path of paths) {
    count += 1;
    waiting.push({ path, status: statusOf(isFullPath(path) ? path : inside(root, path)) });
    if (waiting.length < concurrency) continue;
    await take();
    signal.throwIfAborted();
  }
  await take();
  if (count === 0) throw new Error('the list has no path; write one per line, or CSV with a column "path"');
  if (absent === 0) return table.table();
  const names = [...missing, ...(absent > missing.length ? ['...'] : [])].join(', ');
  const some = absent === count ? `all of its ${count} files are` : `${absent} of its ${count} files are`;
  const files = count === 1 ? 'its only file is' : some;
  const from = textOf(root) === '.' ? 'the current folder' : textOf(root);
  throw new Error(
    `${files} not there (${names}); relative paths begin in ${from}: correct the list, or restore the files`,
  );
}

/** Null for what does not exist or is no file. */
type Status = { readonly size: number; readonly mtimeMs: number } | null;

/** A file whose status cannot be read at the moment is listed anyway: it may be readable when it is needed. */
async function statusOf(path: BytePath): Promise<Status> {
  try {
    const status = await stat(bufferOf(path));
    return status.isFile() ? status : null;
  } catch (error) {
    const isAbsent = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(
      String(Object(error).code),
    );
    return isAbsent ? null : { size: 0, mtimeMs: 0 };
  }
}

/** The rows without later ones of the same path; null for all. */
function firstRows(table: PackedTable, notes: Omissions): Uint32Array | null {
  const later = new Set<number>();
  for (const [, ...rows] of repeatedNames({ length: table.length, name: table.name })) {
    for (const row of rows) {
      later.add(row);
      notes.note('again in list', textOf(table.name(row)));
    }
  }
  if (later.size === 0) return null;
  const rows = new Uint32Array(table.length - later.size);
  let end = 0;
  for (let row = 0; row < table.length; row += 1) {
    if (later.has(row)) continue;
    rows[end] = row;
    end += 1;
  }
  return rows;
}

function fileAt(table: PackedTable, row: number, folder: string, root: BytePath): ImageFile {
  const path = table.name(row);
  const [bytes, modified] = [table.number(row, sizeColumn), table.number(row, timeColumn)];
  const full = isText(path) ? { path: textOf(path) } : { path: textOf(path), pathBytes: bufferOf(path) };
  const place = isFullPath(path) ? full : placeOf(folder, root, path);
  return { ...place, name: textOf(path), version: fileVersion(bytes, modified), bytes, modified };
}
