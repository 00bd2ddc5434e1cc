/**
 * Compiles the sources to plain JavaScript before all tests, for the commands, processes and threads that tests start; running the
 * sources directly would take a second more each. The folder's name is a digest of its inputs, so it cannot be out of date.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const prefix = '.built-'; // beside dist, because the files find others relative to their own location
const dayMs = 86_400_000;

export default function build() {
  const folder = join(root, prefix + digest());
  // If another test run is compiling the same sources, its folder is just as good.
  if (!existsSync(folder)) compile(folder);
  removeOld(folder);
  process.env.NVAE_TESTED_BUILD = folder;
}

function digest() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join('src', name));
  const hash = createHash('sha256');
  for (const name of [...sources.sort(), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'])
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(root, name)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

function compile(folder) {
  const made = mkdtempSync(join(root, `${prefix}partial-`));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', made];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) {
    rmSync(made, { recursive: true });
    throw new Error(`the sources do not compile, and what tests start is built from them:\n${stdout}`);
  }
  try {
    renameSync(made, folder);
  } catch {
    rmSync(made, { recursive: true });
    if (!existsSync(folder)) throw new Error(`${folder}: could not be made`);
  }
}

/** Removes builds of earlier sources; one from today may be in use. */
function removeOld(folder) {
  for (const name of readdirSync(root).filter((name) => name.startsWith(prefix))) {
    const path = join(root, name);
    const age = Date.now() - statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (path !== folder && age > dayMs) rmSync(path, { recursive: true, force: true });
  }
}
