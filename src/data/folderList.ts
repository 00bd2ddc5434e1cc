/** Lists the images in a folder, in as little memory as their names need. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { codeOf, hasCode, messageOf } from '../base/errors.js';
import { printable } from '../base/messageText.js';
import { type BytePath, bufferOf, bytePath, inside, lostPath, placesIn, textOf } from './bytePath.js';
import type { ItemList } from './dataset.js';
import { DatasetError } from './datasetError.js';
import { fileVersion } from './fileVersion.js';
import { isReadable, readableExtensions, unreadableFormat } from './formats.js';
import type { ImageFile } from './imageFile.js';
import { type OmissionKind, type Omissions, omissions } from './omissions.js';
import { isOwnPicture } from './ownPictures.js';
import { type PackedTable, PackedTableBuilder } from './packed/packedTable.js';
import { isPackedName } from './packedNames.js';
import { unknownFileProblem } from './unknownFileProblem.js';
import { type FoundFile, resolved, walkFolder } from './walkFolder.js';

/** What to leave out of a folder, and a callback for warnings. */
export interface ListImagesOptions {
  /** Called at most once, with one sentence on everything left out: how many of what, and some names. */
  readonly onWarning?: (message: string) => void;
  /** Subfolders to leave out. */
  readonly except?: readonly string[];
  /** Folders inside it whose images have another use, such as held-out images; they are left out silently. @default none */
  readonly elsewhere?: string | readonly string[] | undefined;
  /** A folder inside it, or around it, from which pictures written by this package are left out. */
  readonly picturesFolder?: string;
}

/** Number of files examined at a time. */
const concurrency = 32;

/** What a message suggests. */
export interface FolderRemedies {
  /** For a folder that does not exist. */
  readonly missing: string;
  /** For a folder without images, or something that is no folder. */
  readonly empty: string;
  /** For a folder that cannot be read. */
  readonly unreadable: string;
  /** For a file that is an image. */
  readonly file: (folder: string) => string;
}

const remediesInTraining: FolderRemedies = {
  missing: 'create it, or pass --dataset',
  empty: 'put training images there, or choose another folder with --dataset',
  unreadable: 'check its permissions, or pass --dataset',
  file: (folder) => `pass its folder: --dataset ${folder}`,
};

/**
 * The images of a folder and its subfolders, with links followed, in byte order of their names. The list has the names and 24 bytes
 * per image; an `ImageFile` is made when it is asked for.
 *
 * @throws DatasetError when the folder is missing, unreadable, or contains no image
 */
export async function folderList(
  folder: string,
  options: ListImagesOptions = {},
  remedies: FolderRemedies = remediesInTraining,
): Promise<ItemList<ImageFile>> {
  const notes = omissions();
  const { root, images } = await walked(folder, options, notes, remedies);
  const listed = new PackedTableBuilder(2, 'latin1');
  // An array, since sorting one takes advantage of the order in which folders are read.
  const rows = Array.from({ length: images.length }, (_, row) => row).sort(images.compare);
  for (let i = 0; i < rows.length; i += concurrency) {
    const some = rows.slice(i, i + concurrency).map((row) => fileAt(images, row));
    const statuses = await Promise.all(some.map((file) => statusOf(root, file, notes)));
    for (const [place, status] of statuses.entries()) {
      if (status !== null) listed.add((some[place] as FileRow).name, status.size, status.mtimeMs);
    }
  }
  if (listed.length === 0) throw noImages(folder, notes, remedies);
  const words = notes.words();
  if (words !== null) options.onWarning?.(`${printable(folder)}: left out ${words}`);
  return imageFileList(folder, root, listed.table());
}

function imageFileList(folder: string, root: BytePath, table: PackedTable): ItemList<ImageFile> {
  const pathOf = placesIn(folder, root);
  const at = (row: number): ImageFile | undefined => {
    if (!Number.isInteger(row) || row < 0 || row >= table.length) return undefined;
    const [name, bytes, modified] = [table.name(row), table.number(row, 0), table.number(row, 1)];
    const { path, pathBytes } = pathOf(name);
    const file = { path, name: textOf(name), version: fileVersion(bytes, modified), bytes, modified };
    return pathBytes ? { ...file, pathBytes } : file;
  };
  return { length: table.length, at };
}

/** Columns of what was found: whether it is in the folder of pictures, and the status if a link led to it. */
const column = { isInPictures: 0, size: 1, modified: 2 };

/** A file that was found. */
interface FileRow {
  readonly name: BytePath;
  readonly isInPictures: boolean;
  readonly status: FileStatus | null;
}

type FileStatus = Pick<Stats, 'size' | 'mtimeMs'>;

function fileAt(images: PackedTable, row: number): FileRow {
  const size = images.number(row, column.size);
  const status = Number.isNaN(size) ? null : { size, mtimeMs: images.number(row, column.modified) };
  return { name: images.name(row), isInPictures: images.number(row, column.isInPictures) === 1, status };
}

interface Walked {
  readonly root: BytePath;
  readonly images: PackedTable;
}

async function walked(
  folder: string,
  { except = [], elsewhere = [], picturesFolder }: ListImagesOptions,
  notes: Omissions,
  remedies: FolderRemedies,
): Promise<Walked> {
  const passedOver = new Map<BytePath, OmissionKind | null>();
  const passOver = async (path: string, kind: OmissionKind | null) => {
    const real = await realPath(path);
    if (real !== null) passedOver.set(real, kind);
  };
  for (const path of except) await passOver(path, 'own');
  for (const path of [elsewhere].flat()) await passOver(path, null);
  const pictures = picturesFolder === undefined ? null : await realPath(picturesFolder);
  const found = new PackedTableBuilder(3, 'latin1');
  const onFile = ({ name, folder: real, status }: FoundFile) => {
    if (!isImageName(name, notes)) return;
    const isInPictures = pictures !== null && inside(real, '').startsWith(inside(pictures, ''));
    found.add(name, Number(isInPictures), status?.size ?? Number.NaN, status?.mtimeMs ?? Number.NaN);
  };
  const options = { omissions: notes, except: passedOver, onFile };
  const root = bytePath(folder);
  try {
    await walkFolder(root, options);
    return { root, images: found.table() };
  } catch (error) {
    const meant = folder.includes('\uFFFD') ? await lostPath(folder) : null;
    if (meant === null) throw await noFolder(folder, error, remedies);
    try {
      await walkFolder(meant, options);
      return { root: meant, images: found.table() };
    } catch (again) {
      throw await noFolder(folder, again, remedies);
    }
  }
}

function realPath(path: string): Promise<BytePath | null> {
  return resolved(bytePath(path)).catch(() => null);
}

/** Notes names of formats that are not read. */
function isImageName(name: BytePath, notes: Omissions): boolean {
  const extension = extname(name).slice(1).toLowerCase();
  if (isReadable(extension)) return true;
  const format = unreadableFormat(extension);
  if (format !== null) notes.noteFormat(format, textOf(name));
  else if (isPackedName(name)) notes.note('packed', textOf(name));
  return false;
}

/**
 * Null for a file that is gone by now, is unreachable, or is a picture that this package wrote. A file whose status cannot be read at
 * the moment is listed anyway: it may be readable when it is needed.
 */
async function statusOf(
  root: BytePath,
  { name, isInPictures, status }: FileRow,
  notes: Omissions,
): Promise<FileStatus | null> {
  const path = inside(root, name);
  if (isInPictures && (await isOwnPicture(path))) {
    notes.note('own', textOf(name));
    return null;
  }
  if (status) return status;
  try {
    return await stat(bufferOf(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    const isRefused = hasCode(error, 'EACCES') || hasCode(error, 'EPERM');
    if (!isRefused) return { size: 0, mtimeMs: 0 };
    notes.note('file', textOf(name), codeOf(error));
    return null;
  }
}

function noImages(folder: string, notes: Omissions, { empty }: FolderRemedies): DatasetError {
  const problem = `no images found (${readableExtensions.join(', ')})`;
  const words = notes.words();
  const got = words === null ? empty : `left out ${words}`;
  return new DatasetError(folder, `${problem}; ${got}`);
}

async function noFolder(folder: string, error: unknown, remedies: FolderRemedies): Promise<DatasetError> {
  const cause = { cause: error };
  const status = await stat(folder).catch(() => null);
  if (status?.isFile()) {
    const problem = await unknownFileProblem(folder);
    if (problem !== null) return new DatasetError(folder, problem, cause);
    const remedy = remedies.file(dirname(folder));
    return new DatasetError(folder, `this is a file, not a folder; ${remedy}`, cause);
  }
  if (hasCode(error, 'ENOENT'))
    return new DatasetError(folder, `folder does not exist; ${remedies.missing}`, cause);
  if (status !== null && !status.isDirectory()) {
    return new DatasetError(folder, `this is not a folder; ${remedies.empty}`, cause);
  }
  return new DatasetError(
    folder,
    `folder cannot be read (${messageOf(error)}); ${remedies.unreadable}`,
    cause,
  );
}
