import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar';
import { packageNameOf } from '../build-prebuilt/writePackage.mjs';
import { npm } from './npm.mjs';

/** What somebody who has installed the package can use of its scripts. */
const publishedScripts = ['build:native', 'link:tensorflow'];

/**
 * What package.json is in the published package. It has no script that runs at an install, so that no package manager asks for permission:
 * the addon comes in a package of its own. npm would run node-gyp for the binding.gyp that `build:native` needs.
 */
export function publishedManifest(manifest, chosen) {
  const { devDependencies, allowScripts, scripts, ...rest } = manifest;
  return {
    ...rest,
    scripts: Object.fromEntries(publishedScripts.map((name) => [name, scripts[name]])),
    gypfile: false,
    optionalDependencies: Object.fromEntries(
      chosen.map((platform) => [packageNameOf(platform), manifest.version]),
    ),
  };
}

/** Builds and packs rx-nvae. */
export async function packMain({ root, work, out, chosen }) {
  const packed = packFolder(root, work);
  const folder = join(work, 'rx-nvae');
  mkdirSync(folder);
  await extract({ file: join(work, packed.file), cwd: folder, strip: 1 });
  const path = join(folder, 'package.json');
  const manifest = publishedManifest(JSON.parse(readFileSync(path, 'utf8')), chosen);
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
  return packFolder(folder, out);
}

/** Packs the package in a folder into a tarball in `out`. */
export function packFolder(folder, out) {
  const args = ['pack', '--json', '--pack-destination', out];
  const printed = npm(args, { cwd: folder });
  const [{ name, filename: file, unpackedSize }] = JSON.parse(printed);
  const path = join(out, file);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  return { package: name, file, bytes: statSync(path).size, unpackedBytes: unpackedSize, integrity };
}
