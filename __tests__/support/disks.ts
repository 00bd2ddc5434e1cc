/**
 * Disks that fill up or become read-only while in use: real ones (tmpfs) if this process may mount, and simulated ones that need no
 * permission.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../src/base/errors.js';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';

export interface FaultyDisk {
  /** Where the disk is mounted. */
  readonly folder: string;
  /** How to save checkpoints on a simulated disk. */
  readonly save?: typeof saveCheckpoint;
  fill(): void;
  free(): void;
  protect(): void;
  unmount(): void;
}

export const canMount = mountable();

if (!canMount) {
  const what = 'tests on real full and read-only disks are SKIPPED: this process may not mount (root may)';
  process.stderr.write(`\n*** ${what} ***\n\n`);
}

/** A file system in memory with this many bytes. */
export function tmpfs(folder: string, bytes: number): FaultyDisk {
  mkdirSync(folder, { recursive: true });
  mount('-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder);
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: () => fillWith(filler),
    free: () => rmSync(filler, { force: true }),
    protect: () => mount('-o', 'remount,ro', folder),
    unmount: () => void spawnSync('umount', ['-l', folder]),
  };
}

/** An ordinary folder where saving fails as on a full disk; `protect` replaces it with a file. */
export function simulated(folder: string): FaultyDisk {
  mkdirSync(folder, { recursive: true });
  let full = false;
  const moved = `${folder}.moved`;
  return {
    folder,
    save: async (path, checkpoint) => {
      if (full && path.startsWith(folder)) {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      }
      await saveCheckpoint(path, checkpoint);
    },
    fill: () => {
      full = true;
    },
    free: () => {
      full = false;
    },
    protect: () => {
      renameSync(folder, moved);
      writeFileSync(folder, '');
    },
    unmount: () => undefined,
  };
}

function fillWith(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const piece of [Buffer.alloc(65536, 1), Buffer.alloc(512, 1)]) {
      for (;;) if (writeSync(file, piece) < piece.length) break;
    }
  } catch (error) {
    if (!hasCode(error, 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}

function mountable(): boolean {
  if (process.platform !== 'linux') return false;
  const folder = mkdtempSync(join(tmpdir(), 'nvae-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return status === 0;
}

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}
