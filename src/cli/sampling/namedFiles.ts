import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isReadable } from '../../data/formats.js';
import { checkFolder, fitting, folderOf, outputFiles } from './outputFiles.js';

/** Characters that some file system refuses in a name. */
const refused = /[<>:"|?*\p{Cc}]/gu;
/** Most folders in a name; more are left out at the start. */
const deepest = 8;

export interface NamedFilesOptions {
  /** Name of the folder below `parent`, if `out` is not given. */
  readonly name: string;
  /** Folder if `out` is not given. */
  readonly parent: string;
  /** Total number of files. */
  readonly count: number;
}

/**
 * Returns a function from the name of an image and its number (from 0) to the path of its picture. If `out` is a folder (it exists,
 * ends in `/`, or has no extension), pictures are PNG files named after their images; if it is a file, they are numbered as by
 * `outputFiles`. Without `out`, a new folder is created.
 *
 * @throws Error if the format or the folder cannot be written
 */
export async function namedFiles(
  out: string | undefined,
  { name, parent, count }: NamedFilesOptions,
): Promise<(image: string, index: number) => string> {
  const given = out === undefined ? await newFolder(parent, fitting(name)) : await folderOf(out, parent);
  if (given === null) {
    const pathOf = await outputFiles(out, { name, count, folder: parent });
    return (_, index) => pathOf(index);
  }
  await checkFolder(given);
  const pathOf = pathsIn(given, '.png');
  return (image) => pathOf(image);
}

/**
 * Returns a function from the name of an image to a path in the folder that it has not returned before. The name may come from
 * anywhere: no path is outside of the folder, whatever the name.
 *
 * @param extension replaces that of an image
 */
export function pathsIn(folder: string, extension: string): (image: string) => string {
  const used = new Map<string, number>();
  return (image) => {
    const stem = stemOf(image);
    for (;;) {
      // Some file systems take names as equal that differ only in case or composition.
      const key = stem.normalize('NFC').toLowerCase();
      const number = (used.get(key) ?? 0) + 1;
      used.set(key, number);
      if (number === 1) return join(folder, stem + extension);
      const numbered = `${stem}-${number}`;
      const other = numbered.normalize('NFC').toLowerCase();
      if (used.has(other)) continue;
      used.set(other, 1);
      return join(folder, numbered + extension);
    }
  };
}

/** The name as a relative path without extension. */
function stemOf(image: string): string {
  const extension = extname(image);
  const name = isReadable(extension.slice(1).toLowerCase()) ? image.slice(0, -extension.length) : image;
  const parts = name
    .split(/[\\/]/)
    .map((part) => fitting(part.replace(refused, '_').replace(/^[.\s]+|[.\s]+$/g, '')))
    .filter((part) => part !== '');
  return parts.length > 0 ? join(...parts.slice(-deepest)) : 'image';
}

/** The first of `name`, `name-2`, ... that does not exist in the folder. */
async function newFolder(parent: string, name: string): Promise<string> {
  const taken = new Set(await readdir(parent).catch(() => []));
  let number = 1;
  while (taken.has(number === 1 ? name : `${name}-${number}`)) number += 1;
  return join(parent, number === 1 ? name : `${name}-${number}`);
}
