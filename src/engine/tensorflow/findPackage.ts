/** Where tfjs-node is: in the user's project, or where the link script has installed it for us. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const packageNames = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

export type PackageName = (typeof packageNames)[number];

/** What scripts/link-tensorflow.mjs has written beside the addon that it built. */
export interface Link {
  /** The folder of libtensorflow. */
  readonly folder: string;
  /** The version of CUDA that it was built for; null for a build without CUDA. */
  readonly cuda: string | null;
}

/** For the time of loading. */
export interface Loading {
  /** Keeps libraries from printing until `speak`. */
  hush(): void;
  speak(): void;
  /** Gives back the memory of what was only needed to load libtensorflow. */
  letGo(): void;
}

export interface TensorflowPackage {
  readonly name: PackageName;
  readonly version: string;
  readonly link: Link | null;
  /** Null where the script has not built it. */
  loading(): Loading | null;
  /** Loads it and libtensorflow. */
  load(): unknown;
}

/** As far from here in src as in dist. */
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The package that would be loaded; null where there is none. */
export function findPackage(folder: string = root): TensorflowPackage | null {
  const own = packageNames.map((name) => join(folder, '.tensorflow', name.replace(/.*\//, '')));
  for (const place of [folder, ...own]) {
    for (const name of packageNames) {
      const found = packageIn(place, name);
      if (found) return found;
    }
  }
  return null;
}

function packageIn(place: string, name: PackageName): TensorflowPackage | null {
  const require = createRequire(join(place, 'package.json'));
  try {
    const manifest = require.resolve(`${name}/package.json`);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    const loading = join(dirname(manifest), 'lib/loading.node');
    return {
      name,
      version,
      link: linkIn(dirname(manifest)),
      loading: () => (existsSync(loading) ? (require(loading) as Loading) : null),
      load: () => require(name),
    };
  } catch {
    return null;
  }
}

function linkIn(folder: string): Link | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'lib/linked-tensorflow.json'), 'utf8')) as Link;
  } catch {
    return null;
  }
}
