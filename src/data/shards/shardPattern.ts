/** Patterns for the paths of several files: `shard-{000000..000009}.tar`, `train-*.parquet`. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** More files than any dataset has; a mistyped range may have any number. */
const mostPaths = 100_000;

/** Whether a path has something that stands for several files. */
export function isPattern(path: string): boolean {
  return /[*?]|\{[^{}]*(,|\.\.)[^{}]*\}/.test(path);
}

/**
 * The paths that a pattern stands for, each once: those of a `{list,of,parts}` or a `{000..999}` in this order, whether they exist
 * or not; of `*` and `?`, those that exist, in the order of their names.
 *
 * @throws RangeError when there are too many
 */
export async function pathsOf(pattern: string): Promise<string[]> {
  const paths = new Set<string>();
  for (const path of expanded(pattern)) for (const one of await existing(path)) paths.add(one);
  return [...paths];
}

/** The part of a pattern that stands for one folder only. */
export function folderOf(pattern: string): string {
  let folder = dirname(pattern);
  while (isPattern(folder)) folder = dirname(folder);
  return folder;
}

function expanded(pattern: string): string[] {
  const found = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern);
  const parts = found?.[2] === undefined ? null : partsOf(found[2]);
  if (!found || !parts) return [pattern];
  const [, before = '', , after = ''] = found;
  const ends = expanded(after);
  if (parts.length * ends.length > mostPaths) throw tooMany();
  return parts.flatMap((part) => ends.map((end) => `${before}${part}${end}`));
}

/** Null for braces that belong to a name. */
function partsOf(list: string): string[] | null {
  const range = /^(\d+)\.\.(\d+)$/.exec(list);
  if (!range) return list.includes(',') ? list.split(',') : null;
  const [, from = '', to = ''] = range;
  const [first, last] = [Number(from), Number(to)];
  const count = Math.abs(last - first) + 1;
  if (!(count <= mostPaths)) throw tooMany();
  const step = Math.sign(last - first);
  return Array.from({ length: count }, (_, i) => String(first + i * step).padStart(from.length, '0'));
}

function tooMany(): RangeError {
  return new RangeError(`stands for more than ${mostPaths} files; correct its range`);
}

async function existing(path: string): Promise<string[]> {
  if (!/[*?]/.test(path)) return [path];
  const [folders, name] = [await existing(dirname(path)), basename(path)];
  if (!/[*?]/.test(name)) return folders.map((folder) => join(folder, name));
  const like = new RegExp(`^${name.split('').map(expressionOf).join('')}$`, 's');
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const matching = names.filter((one) => like.test(one) && (name.startsWith('.') || !one.startsWith('.')));
    found.push(...matching.sort(byBytes).map((one) => join(folder, one)));
    if (found.length > mostPaths) throw tooMany();
  }
  return found;
}

function expressionOf(character: string): string {
  if (character === '*') return '.*';
  return character === '?' ? '.' : character.replace(/[\\^$.|+()[\]{}]/, '\\$&');
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
