import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolders } from '../../src/data/cacheFolders.js';

const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));
const [cache = ''] = cacheFolders();
const system = process.platform === 'win32' ? 'win' : process.platform;

/** What npm's package `node` installs for this platform. */
const nodePackage = `node-${system}-${process.arch}`;

/**
 * A Node of this version, `lowest` (that package.json allows) or `newest`, with its headers. Its folder in the cache exists only when
 * it is complete.
 * @throws Error when npm has no such version
 */
export function installNode(wanted: string): { version: string; path: string } {
  const version = npm('view', `${nodePackage}@${rangeOf(wanted)}`, 'version', '--json');
  const all: string[] = [JSON.parse(version || '[]')].flat();
  const newest = all.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (!newest) throw new Error(`npm has no ${nodePackage} of version ${wanted}`);
  const folder = join(cache, `${nodePackage}-${newest}`);
  if (!existsSync(folder)) download(newest, folder);
  return { version: newest, path: join(folder, 'bin', system === 'win' ? 'node.exe' : 'node') };
}

function rangeOf(wanted: string): string {
  if (wanted === 'newest') return 'latest';
  if (wanted !== 'lowest') return wanted;
  const { engines } = JSON.parse(readFileSync(manifest, 'utf8'));
  return `${engines.node.replace('>=', '')}.0`;
}

function download(version: string, folder: string): void {
  mkdirSync(cache, { recursive: true });
  const part = mkdtempSync(join(cache, 'node-part-'));
  try {
    npm('install', '--prefix', part, '--no-save', '--ignore-scripts', `${nodePackage}@${version}`);
    renameSync(join(part, 'node_modules', nodePackage), folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function npm(...args: string[]): string {
  return execFileSync('npm', args, { encoding: 'utf8', shell: system === 'win' });
}
