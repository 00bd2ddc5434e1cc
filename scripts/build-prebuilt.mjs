/**
 * Compiles the native addon for every platform, each in a package of its own that npm installs where it fits.
 *
 *     npm run build:prebuilt               # all of them, into prebuilt/
 *     npm run build:prebuilt -- linux-x64 darwin-arm64 --out folder
 *
 * Zig is a C++ compiler with the C library of every platform: all are built on any of them.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findHeaders } from './build-native/findTools.mjs';
import { compile } from './build-prebuilt/compile.mjs';
import { pickPlatforms } from './build-prebuilt/platforms.mjs';
import { writePackage } from './build-prebuilt/writePackage.mjs';
import { findZig } from './build-prebuilt/zig.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A package is complete or absent. */
async function build(platform, out, tools) {
  const work = mkdtempSync(join(out, '.part-'));
  try {
    const folder = join(work, 'package');
    const objects = join(work, 'objects');
    for (const path of [folder, objects]) mkdirSync(path);
    writePackage(root, folder, platform);
    await compile({ root, work: objects, ...tools }, platform, join(folder, 'nvae.node'));
    const target = join(out, platform.name);
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
    const { size } = statSync(join(target, 'nvae.node'));
    console.log(`${platform.name.padEnd(16)} ${(size / 2 ** 20).toFixed(2)} MiB  ${target}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  const options = { out: { type: 'string', default: join(root, 'prebuilt') } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const chosen = pickPlatforms(positionals);
  const out = resolve(values.out);
  const { headers } = findHeaders();
  if (!headers)
    throw new Error("Node's headers were not found; set npm_config_nodedir to a folder with include/node");
  const tools = { headers: join(headers, 'include/node'), zig: findZig() };
  mkdirSync(out, { recursive: true });
  for (const platform of chosen) await build(platform, out, tools);
} catch (error) {
  console.error(`build-prebuilt: ${error.message}`);
  process.exitCode = 1;
}
