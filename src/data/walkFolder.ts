/** All files in a folder and its subfolders, with links followed. */
import type { Dir, Dirent, OpenDirOptions, PathLike, Stats } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { codeOf, hasCode } from '../base/errors.js';
import { type BytePath, bufferOf, bytePath, inside, textOf } from './bytePath.js';
import type { OmissionKind, Omissions } from './omissions.js';

export interface FoundFile {
  /** Path inside the folder. */
  readonly name: BytePath;
  /** The folder that contains it, with links resolved. */
  readonly folder: BytePath;
  /** Set if a link led to it. */
  readonly status?: Stats;
}

export interface WalkOptions {
  /** Records what was left out. */
  readonly omissions: Omissions;
  /** Folders to leave out, with links resolved, and how to record each; null for folders that are not worth a record. */
  readonly except?: ReadonlyMap<BytePath, OmissionKind | null>;
  /** Called for each file: those of a folder one after the other, in byte order of their names, before those that links lead to. */
  readonly onFile: (file: FoundFile) => void;
}

interface Folder {
  readonly name: BytePath;
  readonly real: BytePath;
}

/**
 * Hidden files and folders are ignored. Folders are visited before links, and each is read once, however many paths lead to it, so
 * that the name of a file does not depend on links to it. Only the system limits the depth.
 *
 * @throws the system's error when the folder itself cannot be read
 */
export async function walkFolder(root: BytePath, { omissions, except, onFile }: WalkOptions): Promise<void> {
  const start = { name: '', real: await resolved(root) };
  const seen = new Set([start.real]);
  const folders: Folder[] = [start];
  const links: { name: BytePath; from: Folder }[] = [];

  const enter = (folder: Folder) => {
    const kind = except?.get(folder.real);
    if (kind) omissions.note(kind, textOf(folder.name));
    if (kind !== undefined) return;
    if (seen.has(folder.real)) omissions.note('again', textOf(folder.name));
    else {
      seen.add(folder.real);
      folders.push(folder);
    }
  };
  const list = async (folder: Folder) => {
    const { files, others } = await entriesOf(root, folder, omissions);
    for (const file of files) onFile({ name: inside(folder.name, file), folder: folder.real });
    for (const entry of others) {
      const name = inside(folder.name, entry.name);
      if (entry.kind === 'folder') enter({ name, real: inside(folder.real, entry.name) });
      else if (entry.kind === 'link') links.push({ name, from: folder });
      else omissions.note('special', textOf(name));
    }
  };
  const follow = async (name: BytePath, from: Folder) => {
    const path = inside(root, name);
    try {
      const status = await stat(bufferOf(path));
      if (status.isFile()) onFile({ name, folder: from.real, status });
      else if (!status.isDirectory()) omissions.note('special', textOf(name));
      else {
        const real = await resolved(path);
        const isAbove = inside(from.real, '').startsWith(inside(real, ''));
        if (isAbove) omissions.note('loop', textOf(name));
        else enter({ name, real });
      }
    } catch (error) {
      const isDangling = ['ENOENT', 'ENOTDIR', 'ELOOP'].some((code) => hasCode(error, code));
      omissions.note(isDangling ? 'dangling' : 'file', textOf(name), isDangling ? undefined : codeOf(error));
    }
  };

  for (let [folder, link] = [0, 0]; folder < folders.length || link < links.length; ) {
    const next = folders[folder];
    const way = links[link];
    if (next) {
      folder += 1;
      await list(next);
    } else if (way) {
      link += 1;
      await follow(way.name, way.from);
    }
  }
}

/** The path with links resolved. @throws the system's error when it does not exist */
export async function resolved(path: BytePath): Promise<BytePath> {
  const real = bytePath(await realpath(bufferOf(path), { encoding: 'buffer' }));
  return sep === '/' ? real : real.replaceAll(sep, '/');
}

interface Entry {
  readonly name: BytePath;
  readonly kind: 'folder' | 'link' | 'special';
}

interface Entries {
  /** Names of the files. */
  readonly files: BytePath[];
  readonly others: Entry[];
}

/** Entries read at a time: an object for each of a million would take hundreds of megabytes. */
const bufferSize = 1024;

/** Entries in byte order of their names, without hidden ones. */
async function entriesOf(root: BytePath, { name }: Folder, omissions: Omissions): Promise<Entries> {
  const path = bufferOf(name === '' ? root : inside(root, name));
  const [files, others]: [BytePath[], Entry[]] = [[], []];
  try {
    for await (const entry of await opened(path)) {
      const found = bytePath(entry.name);
      if (found.startsWith('.')) continue;
      if (entry.isFile()) files.push(found);
      else others.push({ name: found, kind: kindOf(entry) });
    }
  } catch (error) {
    if (name === '') throw error;
    omissions.note('folder', textOf(name), codeOf(error));
    return { files: [], others: [] };
  }
  files.sort();
  others.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files, others };
}

/** With names as bytes, which the types do not know. */
function opened(path: Buffer): Promise<AsyncIterable<Dirent<Buffer>> & Dir> {
  const open = opendir as unknown as (path: PathLike, options: OpenDirOptions) => Promise<never>;
  return open(path, { encoding: 'buffer' as BufferEncoding, bufferSize });
}

function kindOf(entry: Dirent<Buffer>): Entry['kind'] {
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'special';
}
