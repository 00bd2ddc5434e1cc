/** Lists the images in a folder. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { codeOf, hasCode, messageOf } from '../base/errors.js';
import { printable } from '../base/messageText.js';
import { type BytePath, bufferOf, bytePath, inside, lostPath, placeOf, textOf } from './bytePath.js';
import { DatasetError } from './datasetError.js';
import { fileVersion } from './fileVersion.js';
import { isReadable, readableExtensions, unreadableFormat } from './formats.js';
import type { ImageFile } from './imageFile.js';
import { type OmissionKind, type Omissions, omissions } from './omissions.js';
import { isOwnPicture } from './ownPictures.js';
import { isPackedName } from './packedNames.js';
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
  /** For a file. */
  readonly file: (folder: string) => string;
}

const remediesInTraining: FolderRemedies = {
  missing: 'create it, or pass --dataset',
  empty: 'put training images there, or choose another folder with --dataset',
  unreadable: 'check its permissions, or pass --dataset',
  file: (folder) => `pass its folder: --dataset ${folder}`,
};

/**
 * The images of a folder and its subfolders, with links followed, in byte order of their names.
 * @throws DatasetError when the folder is missing, unreadable, or contains no image
 */
export async function listImages(
  folder: string,
  options: ListImagesOptions = {},
  remedies: FolderRemedies = remediesInTraining,
): Promise<ImageFile[]> {
  const notes = omissions();
  const { root, found } = await walked(folder, options, notes, remedies);
  const images = found
    .filter(({ name }) => {
      const extension = extname(name).slice(1).toLowerCase();
      const format = unreadableFormat(extension);
      if (format !== null) notes.noteFormat(format, textOf(name));
      else if (isPackedName(name)) notes.note('packed', textOf(name));
      return isReadable(extension);
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const isOwn = await ownPictures(options.picturesFolder);
  const files: ImageFile[] = [];
  for (let i = 0; i < images.length; i += concurrency) {
    const some = images.slice(i, i + concurrency);
    const listed = await Promise.all(some.map((one) => fileOf(folder, root, one, isOwn, notes)));
    files.push(...listed.filter((file) => file !== null));
  }
  if (files.length === 0) throw noImages(folder, notes, remedies);
  const words = notes.words();
  if (words !== null) options.onWarning?.(`${printable(folder)}: left out ${words}`);
  return files;
}

interface Walked {
  readonly root: BytePath;
  readonly found: readonly FoundFile[];
}

async function walked(
  folder: string,
  { except = [], elsewhere = [] }: ListImagesOptions,
  notes: Omissions,
  remedies: FolderRemedies,
): Promise<Walked> {
  const passedOver = new Map<BytePath, OmissionKind | null>();
  const passOver = async (path: string, kind: OmissionKind | null) => {
    const real = await resolved(bytePath(path)).catch(() => null);
    if (real !== null) passedOver.set(real, kind);
  };
  for (const path of except) await passOver(path, 'own');
  for (const path of [elsewhere].flat()) await passOver(path, null);
  const options = { omissions: notes, except: passedOver };
  const root = bytePath(folder);
  try {
    return { root, found: await walkFolder(root, options) };
  } catch (error) {
    const meant = folder.includes('\uFFFD') ? await lostPath(folder) : null;
    if (meant === null) throw await noFolder(folder, error, remedies);
    try {
      return { root: meant, found: await walkFolder(meant, options) };
    } catch (again) {
      throw await noFolder(folder, again, remedies);
    }
  }
}

/** Null for a file that is gone by now, is unreachable, or is a picture that this package wrote. */
async function fileOf(
  folder: string,
  root: BytePath,
  { name, folder: real, status: known }: FoundFile,
  isOwn: (file: BytePath) => Promise<boolean>,
  notes: Omissions,
): Promise<ImageFile | null> {
  const path = inside(root, name);
  if (await isOwn(inside(real, name.slice(name.lastIndexOf('/') + 1)))) {
    notes.note('own', textOf(name));
    return null;
  }
  const status = known ?? (await statusOf(path, textOf(name), notes));
  if (status === null) return null;
  const { size: bytes, mtimeMs: modified } = status;
  const version = fileVersion(bytes, modified);
  return { ...placeOf(folder, root, name), name: textOf(name), version, bytes, modified };
}

/** A file whose status cannot be read at the moment is listed anyway: it may be readable when it is needed. */
async function statusOf(
  path: BytePath,
  name: string,
  notes: Omissions,
): Promise<Pick<Stats, 'size' | 'mtimeMs'> | null> {
  try {
    return await stat(bufferOf(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    const isRefused = hasCode(error, 'EACCES') || hasCode(error, 'EPERM');
    if (!isRefused) return { size: 0, mtimeMs: 0 };
    notes.note('file', name, codeOf(error));
    return null;
  }
}

/** Returns a function that tells whether a file, by its resolved path, is a picture that this package wrote to that folder. */
async function ownPictures(folder: string | undefined): Promise<(file: BytePath) => Promise<boolean>> {
  const pictures = folder === undefined ? null : await resolved(bytePath(folder)).catch(() => null);
  if (pictures === null) return async () => false;
  return async (file) => file.startsWith(inside(pictures, '')) && isOwnPicture(file);
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
