/** Chooses where a command writes its pictures, and checks that before any computation. */
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, type ParsedPath, parse, sep } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { describeValue } from '../../base/messageText.js';
import type { Temperature } from '../../model/sampleSource.js';

/** Extensions of the formats that sharp can write. */
const extensions = ['.png', '.webp', '.jpg', '.jpeg', '.avif', '.tif', '.tiff', '.gif'];

/** Maximum length of a name in bytes; file systems allow 255, and numbers and suffixes are appended. */
const mostBytes = 180;

/** Placeholder for a number in a pattern: `%d`, or `%04d` for leading zeros. */
const place = /%(?:0(\d+))?d/;

export interface OutputFilesOptions {
  /** Name without extension, if `out` does not give one. */
  readonly name: string;
  /** Total number of files. */
  readonly count: number;
  /** Folder if `out` is not given. @default 'images' */
  readonly folder?: string;
  /** The option that names them, for messages. @default '--out' */
  readonly option?: string;
  /** Extension of further files that are written beside these. @default none */
  readonly beside?: string;
}

/**
 * Returns a function from the number of a file (from 0) to its path. `out` is a file, a folder (it exists, ends in `/`, or has no
 * extension), or a file with `%d` or `%04d` in its name. Without these, several files get `_1`, `_2`, ... with leading zeros.
 * Missing folders are created. A file named by `out` is overwritten; otherwise `-2`, `-3`, ... is appended to keep existing files.
 *
 * @throws Error if the format or the folder cannot be written
 */
export async function outputFiles(
  out: string | undefined,
  options: OutputFilesOptions,
): Promise<(index: number) => string> {
  const { name, count, folder = 'images', option = '--out' } = options;
  const into = await folderOf(out, folder, option);
  if (into === null) {
    const path = out ?? '';
    checkExtension(path, option);
    await checkFolder(dirname(path), option);
    return numbered(parse(path), count);
  }
  await checkFolder(into, option);
  return newNames(into, fitting(name), options, count);
}

/** Names of the given form for a number of files. */
function numbered({ dir, name, ext }: Pick<ParsedPath, 'dir' | 'name' | 'ext'>, count: number) {
  const pad = (index: number, digits: number) => String(index + 1).padStart(digits, '0');
  if (place.test(name)) {
    return (index: number) =>
      join(dir, name.replace(place, (_, digits?: string) => pad(index, Number(digits ?? 1))) + ext);
  }
  return ownNames(dir, name, ext, count);
}

function ownNames(dir: string, name: string, ext: string, count: number): (index: number) => string {
  if (count === 1) return () => join(dir, name + ext);
  const digits = String(count).length;
  return (index) => join(dir, `${name}_${String(index + 1).padStart(digits, '0')}${ext}`);
}

/** Names that no file in the folder has yet. */
async function newNames(
  folder: string,
  name: string,
  { beside }: OutputFilesOptions,
  count: number,
): Promise<(index: number) => string> {
  const taken = new Set(await readdir(folder));
  const isFree = (path: string) =>
    !taken.has(basename(path)) && !(beside && taken.has(basename(path, '.png') + beside));
  for (let number = 1; ; number += 1) {
    const pathOf = ownNames(folder, number === 1 ? name : `${name}-${number}`, '.png', count);
    let index = 0;
    while (index < count && isFree(pathOf(index))) index += 1;
    if (index === count) return pathOf;
  }
}

/** Base name for the pictures of a model: `demo_t0.7`, `demo_t0.7-0.8-1`. */
export function pictureName(model: string, temperature: Temperature): string {
  const values = typeof temperature === 'number' ? [temperature] : temperature;
  return `${modelName(model)}_t${values.join('-').slice(0, 40)}`;
}

/** The part of a model's name used for its pictures. */
export function modelName(model: string): string {
  return fitting(basename(model, extname(model)));
}

/** The name, shortened so that numbers and suffixes can be appended. */
export function fitting(name: string): string {
  const characters = [...name];
  while (Buffer.byteLength(characters.join('')) > mostBytes) characters.pop();
  return characters.join('');
}

/** The folder; null if `out` is a file. */
export async function folderOf(
  out: string | undefined,
  folder: string,
  option = '--out',
): Promise<string | null> {
  if (out === undefined) return folder;
  if (out === '') throw new Error(`${option}: the path is empty; give a file or a folder`);
  const there = await stat(out).catch(() => null);
  const isFolder = there ? there.isDirectory() : /[\\/]$/.test(out) || extname(out) === '';
  return isFolder ? out : null;
}

function checkExtension(path: string, option: string): void {
  const given = extname(path);
  if (extensions.includes(given.toLowerCase())) return;
  const wrong = given
    ? `cannot write ${describeValue(given)} files`
    : `no file extension in ${describeValue(path)}`;
  throw new Error(`${option}: ${wrong}; use ${extensions.join(', ')}, or end a folder in ${sep}`);
}

/** Writes a test file: permissions do not reveal a read-only disk, and mean nothing for root. */
export async function checkFolder(folder: string, option = '--out'): Promise<void> {
  const probe = join(folder, `.nvae-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await (await open(probe, 'w')).close();
    await rm(probe);
  } catch (error) {
    throw new Error(`${option}: cannot write to the folder ${folder} (${messageOf(error)}); choose another`, {
      cause: error,
    });
  }
}
