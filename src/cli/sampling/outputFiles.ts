/** Where a command writes its pictures: checked before it starts to compute. */
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, type ParsedPath, parse, sep } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { describeValue } from '../../base/messageText.js';
import type { Temperature } from '../../model/nvae.js';

/** What sharp writes, by the end of a file's name. */
const extensions = ['.png', '.webp', '.jpg', '.jpeg', '.avif', '.tif', '.tiff', '.gif'];

/** Of a name; file systems allow 255 in all, and numbers and what a command adds come behind it. */
const mostBytes = 180;

/** A number's place in a pattern: `%d`, or `%04d` for zeros in front. */
const place = /%(?:0(\d+))?d/;

export interface OutputFilesOptions {
  /** Name without extension, where `out` does not give one. */
  readonly name: string;
  /** Files in all. */
  readonly count: number;
  /** Where they are without `out`. @default 'images' */
  readonly folder?: string;
  /** Another extension of files that are written beside these. @default none */
  readonly beside?: string;
}

/**
 * The path of each file, by its number from 0 on. `out` is a file, a folder (it is there, ends in `/`, or has no
 * extension), or a file with `%d` or `%04d` in its name. Without that, several files get `_1`, `_2`, ... with as many
 * zeros in front that they sort. Missing folders are made. A file that `out` names is written over; where it names none,
 * `-2`, `-3`, ... behind the name keep the pictures that are there.
 *
 * @throws Error when no such picture can be written
 */
export async function outputFiles(
  out: string | undefined,
  options: OutputFilesOptions,
): Promise<(index: number) => string> {
  const { name, count, folder = 'images' } = options;
  const into = await folderOf(out, folder);
  if (into === null) {
    const path = out ?? '';
    checkExtension(path);
    await checkFolder(dirname(path));
    return numbered(parse(path), count);
  }
  await checkFolder(into);
  return newNames(into, fitting(name), options, count);
}

/** Names of given form for so many files. */
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

/** Names in a folder that no file has yet. */
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

/** What the pictures of a model are called: `demo_t0.7`, `demo_t0.7-0.8-1`. */
export function pictureName(model: string, temperature: Temperature): string {
  const values = typeof temperature === 'number' ? [temperature] : temperature;
  return `${modelName(model)}_t${values.join('-').slice(0, 40)}`;
}

/** The name of a model in those of its pictures. */
export function modelName(model: string): string {
  return fitting(basename(model, extname(model)));
}

/** A name that leaves others room in that of a file. */
function fitting(name: string): string {
  const characters = [...name];
  while (Buffer.byteLength(characters.join('')) > mostBytes) characters.pop();
  return characters.join('');
}

/** Null where it is a file. */
async function folderOf(out: string | undefined, folder: string): Promise<string | null> {
  if (out === undefined) return folder;
  if (out === '') throw new Error('--out: must not be empty; name a file or a folder');
  const there = await stat(out).catch(() => null);
  const isFolder = there ? there.isDirectory() : /[\\/]$/.test(out) || extname(out) === '';
  return isFolder ? out : null;
}

function checkExtension(path: string): void {
  const given = extname(path);
  if (extensions.includes(given.toLowerCase())) return;
  const got = given ? describeValue(given) : `none in ${describeValue(path)}`;
  throw new Error(
    `--out: expected a file that ends in ${extensions.join(', ')}, got ${got}; a folder ends in ${sep}`,
  );
}

/** Not by its permissions: those say nothing of a disk that is read-only, and nothing to root. */
async function checkFolder(folder: string): Promise<void> {
  const probe = join(folder, `.nvae-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await (await open(probe, 'w')).close();
    await rm(probe);
  } catch (error) {
    throw new Error(`--out: expected a folder that can be written to, got ${folder} (${messageOf(error)})`, {
      cause: error,
    });
  }
}
