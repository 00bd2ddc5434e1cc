/** Where a command writes its pictures: checked before it starts to compute. */
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, parse, sep } from 'node:path';
import { messageOf } from '../config/errors.js';
import { shown } from '../config/shown.js';
import type { Temperature } from '../model/nvae.js';

/** What sharp writes, by the end of a file's name. */
const extensions = ['.png', '.webp', '.jpg', '.jpeg', '.avif', '.tif', '.tiff', '.gif'];

/** A number's place in a pattern: `%d`, or `%04d` for zeros in front. */
const place = /%(?:0(\d+))?d/;

export interface OutputFilesOptions {
  /** Name without extension, where `out` does not give one. */
  readonly name: string;
  /** Files in all. */
  readonly count: number;
}

/**
 * The path of each file, by its number from 0 on. `out` is a file, a folder (it is there, ends in `/`, or has no
 * extension), or a file with `%d` or `%04d` in its name. Without that, several files get `_1`, `_2`, ... with as many
 * zeros in front that they sort. Missing folders are made.
 *
 * @throws Error when no such picture can be written
 */
export async function outputFiles(
  out: string | undefined,
  { name, count }: OutputFilesOptions,
): Promise<(index: number) => string> {
  const path = await fileOf(out, name);
  checkExtension(path);
  await checkFolder(dirname(path));
  const { dir, name: stem, ext } = parse(path);
  const pad = (index: number, digits: number) => String(index + 1).padStart(digits, '0');
  if (place.test(stem)) {
    return (index) =>
      join(dir, stem.replace(place, (_, digits?: string) => pad(index, Number(digits ?? 1))) + ext);
  }
  if (count === 1) return () => path;
  return (index) => join(dir, `${stem}_${pad(index, String(count).length)}${ext}`);
}

/** What the pictures of a model are called: `demo_t0.7`, `demo_t0.7-0.8-1`. */
export function pictureName(model: string, temperature: Temperature): string {
  const values = typeof temperature === 'number' ? [temperature] : temperature;
  return `${basename(model, extname(model))}_t${values.join('-').slice(0, 40)}`;
}

async function fileOf(out: string | undefined, name: string): Promise<string> {
  if (out === undefined) return join('images', `${name}.png`);
  const there = await stat(out).catch(() => null);
  const isFolder = there ? there.isDirectory() : /[\\/]$/.test(out) || extname(out) === '';
  return isFolder ? join(out, `${name}.png`) : out;
}

function checkExtension(path: string): void {
  const given = extname(path);
  if (extensions.includes(given.toLowerCase())) return;
  const got = given ? shown(given) : `none in ${shown(path)}`;
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
