/** Finds tfjs-node in the user's project, or where the link script installed it for us. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const packageNames = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

export type PackageName = (typeof packageNames)[number];

/** Information that scripts/link-tensorflow.mjs writes next to the addon it builds. */
export interface Link {
  /** Folder of libtensorflow. */
  readonly folder: string;
  /** CUDA version that libtensorflow was built for; null for a build without CUDA. */
  readonly cuda: string | null;
}

/** Helpers for loading libtensorflow. */
export interface Loading {
  /** Silences output of libraries until `speak`. */
  hush(): void;
  speak(): void;
  /** Frees the memory that was needed only to load libtensorflow. */
  letGo(): void;
}

export interface TensorflowPackage {
  readonly name: PackageName;
  readonly version: string;
  readonly link: Link | null;
  /** Returns null if the link script has not built it. */
  loading(): Loading | null;
  /** Loads the package and libtensorflow. */
  load(): unknown;
}

/** The relative path is the same from src and from dist. */
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Returns the package that would be loaded; null if there is none. */
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
