/** Where the compiled addon may lie: a build of this installation's own, or the package with the build for this platform. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { familySync, MUSL } from 'detect-libc';
import { packageFile } from '../../base/ownPackage.js';

/** An addon that may be loaded, or why there is none. */
export interface AddonFile {
  /** For messages: a path in the package, or a package with its version. */
  readonly name: string;
  /** Null: it is not there. */
  readonly path: string | null;
  /** Why it is not there. */
  readonly reason: string;
}

/** What scripts/build-native.mjs makes. */
export const ownBuildName = 'native/build/nvae.node';

/** Name of the package with the addon for this platform, such as `@rx-nvae/native-linuxmusl-arm64`. */
export function prebuiltPackage(
  platform: string = process.platform,
  arch: string = process.arch,
  libc: string | null = platform === 'linux' ? familySync() : null,
): string {
  return `@rx-nvae/native-${platform}${libc === MUSL ? 'musl' : ''}-${arch}`;
}

/** What may be loaded here, in the order in which it is tried. The package is only looked for if it comes to that. */
export function* addonFiles(): Generator<AddonFile> {
  yield ownBuild();
  yield prebuilt();
}

/** What scripts/build-native.mjs recorded about a failed build: the reason, and what to do. */
export function lastFailure(): readonly string[] {
  try {
    return readFileSync(packageFile('native/build/failure.txt'), 'utf8').split('\n', 2);
  } catch {
    return [];
  }
}

function ownBuild(): AddonFile {
  const path = packageFile(ownBuildName);
  const [failure] = lastFailure();
  const reason = `was not built${failure ? `: ${failure}` : ''}`;
  return { name: ownBuildName, path: existsSync(path) ? path : null, reason };
}

/** The package for this platform. */
export function prebuilt(): AddonFile {
  const name = prebuiltPackage();
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch {
    return { name, path: null, reason: 'is not installed' };
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const { version: wanted } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  const path = version === wanted ? join(dirname(manifest), 'nvae.node') : null;
  return { name: `${name} ${version}`, path, reason: `is not of version ${wanted}, as rx-nvae is` };
}
