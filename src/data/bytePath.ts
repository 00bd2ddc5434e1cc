/**
 * Paths as the file system stores them: bytes, which need not be UTF-8. Here they are strings with one character per byte
 * (Latin-1), which sort, split and compare like the bytes.
 */
import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

export type BytePath = string;

export function bytePath(path: string | Buffer): BytePath {
  return Buffer.from(path as string).toString('latin1');
}

/** The path for functions of `node:fs`. */
export function bufferOf(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

export function inside(folder: BytePath, name: BytePath): BytePath {
  return folder === '' || /[\\/]$/.test(folder) ? folder + name : `${folder}/${name}`;
}

const ascii = /^[ -~]*$/;
/** One UTF-8 sequence, or one byte that does not start one. */
const sequence =
  /[^\x80-\xff]+|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|./gs;

/** The path as text; bytes that are not UTF-8 appear as `\xE9`, so that different paths remain different. */
export function textOf(path: BytePath): string {
  if (ascii.test(path)) return path;
  const bytes = bufferOf(path);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return path.replace(sequence, (found) => {
    const part = bufferOf(found);
    if (isUtf8(part)) return part.toString('utf8');
    return [...part].map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}

export function isText(path: BytePath): boolean {
  return isUtf8(bufferOf(path));
}

/**
 * Recovers a path that lost bytes: command arguments arrive as text, with U+FFFD for bytes that are not UTF-8. If exactly one entry
 * of a folder reads like that, returns that entry; otherwise null.
 */
export async function lostPath(given: string): Promise<BytePath | null> {
  const parts = given.split('/');
  let path = bytePath(parts[0] === '' ? '/' : '');
  for (const part of parts.filter((one) => one !== '')) {
    const name = part.includes('\uFFFD') ? await entryLike(path, part) : bytePath(part);
    if (name === null) return null;
    path = inside(path, name);
  }
  return path;
}

async function entryLike(folder: BytePath, part: string): Promise<BytePath | null> {
  const entries = await readdir(bufferOf(folder === '' ? '.' : folder), { encoding: 'buffer' }).catch(
    () => [],
  );
  const like = entries.filter((entry) => entry.toString('utf8') === part);
  return like.length === 1 && like[0] ? bytePath(like[0]) : null;
}

/** The path of a file in a folder, as text for people and as a path for the system; with bytes only if text is not enough. */
export function placeOf(folder: string, root: BytePath, name: BytePath): FilePlace {
  const path = inside(root, name);
  return isText(path)
    ? { path: join(folder, textOf(name)) }
    : { path: join(textOf(root), textOf(name)), pathBytes: bufferOf(path) };
}

interface FilePlace {
  readonly path: string;
  readonly pathBytes?: Buffer;
}

/** `placeOf` for many files, whose names are those of entries: joining paths would take longer than all else for a file of a list. */
export function placesIn(folder: string, root: BytePath): (name: BytePath) => FilePlace {
  const prefix = sep === '/' && isText(root) ? join(folder, 'x').slice(0, -1) : null;
  return (name) =>
    prefix !== null && ascii.test(name) ? { path: prefix + name } : placeOf(folder, root, name);
}
