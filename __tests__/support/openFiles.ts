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
