import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a new folder, if possible with a path that make and gyp can handle. */
export function makeWorkFolder(root) {
  const places = [tmpdir(), '/tmp', '/var/tmp', root].flatMap(real);
  const plain = places.filter((path) => process.platform === 'win32' || /^[\w./-]+$/.test(path));
  let problem;
  for (const place of [...plain, ...places]) {
    try {
      return mkdtempSync(join(place, 'rx-nvae-build-'));
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem;
}

function real(path) {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}
