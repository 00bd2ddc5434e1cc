/** Configurations as files: by name from `model_configs`, or by path. */

import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from './configError.js';
import { messageOf } from './errors.js';
import { readBytes } from './files.js';
import { nearest } from './nearest.js';
import { parseConfig } from './parseConfig.js';
import type { NvaeConfig } from './types.js';

/** The package's own configurations; as far from here in src as in dist. */
const packageFolder = fileURLToPath(new URL('../../model_configs', import.meta.url));
const workingFolder = 'model_configs';
/** A hundred times a configuration with long comments. */
const largestFile = 2 ** 20;

export interface LoadConfigOptions {
  /** `key=value` with dotted keys; they replace the file's values. */
  readonly overrides?: readonly string[];
}

export interface ConfigListing {
  readonly name: string;
  readonly path: string;
}

/**
 * Read a configuration: a path (with a slash or an extension), or the name of a file in `model_configs` of the
 * working directory or else of the package.
 * @throws ConfigError when there is none of that name or its content is refused
 */
export async function loadConfig(nameOrPath: string, options: LoadConfigOptions = {}): Promise<NvaeConfig> {
  const path = await find(nameOrPath);
  const file = path.startsWith(packageFolder) ? join('model_configs', basename(path)) : path;
  let text: string;
  try {
    text = (await readBytes(path, largestFile)).toString('utf8');
  } catch (error) {
    throw new ConfigError(file, [`expected a readable configuration file, got: ${messageOf(error)}`], {
      cause: error,
    });
  }
  return parseConfig(text, { ...options, file });
}

/** All configurations that have a name: the package's, and the working directory's in place of those or besides. */
export async function listConfigs(): Promise<ConfigListing[]> {
  const found = new Map<string, string>();
  for (const folder of [packageFolder, workingFolder]) {
    for (const file of (await readdir(folder).catch(() => [])).sort()) {
      if (/\.ya?ml$/.test(file)) found.set(basename(file, extname(file)), join(folder, file));
    }
  }
  return [...found].map(([name, path]) => ({ name, path })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function find(nameOrPath: string): Promise<string> {
  if (/[\\/]|\.ya?ml$/.test(nameOrPath)) return nameOrPath;
  const known = await listConfigs();
  const match = known.find(({ name }) => name === nameOrPath);
  if (match) return match.path;
  const names = known.map(({ name }) => name);
  const similar = nearest(nameOrPath, names);
  const hint = similar ? ` Did you mean "${similar}"?` : '';
  const problem = `expected a path or one of ${names.join(', ')}, got this name.${hint}`;
  throw new ConfigError(nameOrPath, [problem]);
}
