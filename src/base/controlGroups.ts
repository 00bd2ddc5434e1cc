/**
 * Finds the control groups of this process, versions 1 and 2 (Linux; `docker run`, systemd, Kubernetes). A limit of any of them applies,
 * from the process's own group up to the root that this process can see.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Returns the text of a file; throws if the file does not exist. */
export type ReadText = (path: string) => string;

/** Reads a file of the system. */
export const readSystemFile: ReadText = (path) => readFileSync(path, 'utf8');

export interface ControlGroup {
  readonly version: 1 | 2;
  /** Folder with the files of the group. */
  readonly folder: string;
}

interface Mount {
  /** The mounted group, named as in `/proc/self/cgroup`. */
  readonly root: string;
  readonly point: string;
}

/** @param controller what the group limits: `cpu`, `memory` */
export function controlGroups(controller: string, read: ReadText): ControlGroup[] {
  const groups = linesOf(read, '/proc/self/cgroup').map((line) => line.split(':'));
  const mounts = linesOf(read, '/proc/self/mountinfo');
  return groups.flatMap(([, controllers = '', ...path]) => {
    const [isV1, isV2] = [controllers.split(',').includes(controller), controllers === ''];
    if (!isV1 && !isV2) return [];
    const mount = mountOf(mounts, isV1 ? 'cgroup' : 'cgroup2', controller);
    if (!mount) return [];
    return foldersOf(mount, path.join(':')).map((folder) => ({ version: isV1 ? 1 : 2, folder }) as const);
  });
}

/** Returns the folder of the group and the folders of its parent groups. */
function foldersOf({ root, point }: Mount, path: string): string[] {
  const inside = relative(root, path);
  // In a container without a cgroup namespace, the path is the host's, but only the root is mounted.
  let folder = inside.startsWith('..') ? point : join(point, inside);
  const folders = [folder];
  while (folder !== point && folder.length > point.length) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

/** Finds the mount. A line is "36 25 0:31 ROOT POINT OPTIONS FIELDS... - TYPE SOURCE CONTROLLERS". */
function mountOf(mounts: readonly string[], type: 'cgroup' | 'cgroup2', controller: string): Mount | null {
  for (const line of mounts) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', point = ''] = before.split(' ').map(unescaped);
    const [found, , controllers = ''] = after.split(' ');
    if (found === type && (type === 'cgroup2' || controllers.split(',').includes(controller))) {
      return { root, point };
    }
  }
  return null;
}

/** Decodes the octal escapes that mountinfo uses for spaces and similar characters. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The lines of a file that are not empty; none if there is no such file. */
export function linesOf(read: ReadText, path: string): string[] {
  try {
    return read(path).split('\n').filter(Boolean);
  } catch {
    return []; // not Linux, or the controller does not exist
  }
}
