import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Candidate folders for a cache, best first: the user's cache folder (a relative `XDG_CACHE_HOME` is ignored, as its
 * specification says), then the system's temporary folder. A user without an entry in /etc/passwd may have no home folder.
 */
export function cacheFolders(): string[] {
  const { XDG_CACHE_HOME: named = '' } = process.env;
  const home = homeFolder();
  const owner = process.getuid?.() ?? 'user'; // another user's folder inside the temporary folder is not writable
  return [
    ...(isAbsolute(named) ? [join(named, 'rx-nvae')] : []),
    ...(isAbsolute(home) ? [join(home, '.cache', 'rx-nvae')] : []),
    join(tmpdir(), `rx-nvae-${owner}`),
  ];
}

function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
