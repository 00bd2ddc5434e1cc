import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The targets of open descriptors, such as `anon_inode:[eventpoll]`; empty if the system does not list them. */
export function openFiles(): string[] {
  const folder = '/proc/self/fd';
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return []; // the descriptor of the listing itself
    }
  });
  return files.map((file) => file.replace(/:\[\d+\]$/, '')).sort();
}

/**
 * What is open now and was not `before`. What was closed meanwhile does not count: sharp closes the files that an
 * earlier test of the same process gave it when the garbage collector runs.
 */
export function openedSince(before: readonly string[]): string[] {
  const earlier = [...before];
  return openFiles().filter((file) => {
    const index = earlier.indexOf(file);
    if (index >= 0) earlier.splice(index, 1);
    return index < 0;
  });
}
