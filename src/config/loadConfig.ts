/** Configurations as files: by name from `model_configs`, or by path. */

import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode, messageOf } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import { nearest } from '../base/nearest.js';
import { ConfigError } from './configError.js';
import { parseConfig } from './parseConfig.js';
import type { NvaeConfig } from './types.js';

/** The package's own configurations; as far from here in src as in dist. */
const packageFolder = fileURLToPath(new URL('../../model_configs', import.meta.url));
const workingFolder = 'model_configs';
/** Some editors and systems write it in capitals. */
const isYaml = /\.ya?ml$/i;
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
  let bytes: Buffer;
  try {
    bytes = await readBytes(path, largestFile);
  } catch (error) {
    const hint = hasCode(error, 'ENOENT') ? await hintOfName(nameOrPath) : '';
    const problem = `expected a readable configuration file, got: ${messageOf(error)}${hint}`;
    throw new ConfigError(file, [problem], { cause: error });
  }
  return parseConfig(textOf(bytes, file), { ...options, file });
}

/** A mark at the beginning, which some editors write, is left out. */
function textOf(bytes: Buffer, file: string): string {
  const problem = 'expected text in UTF-8';
  const remedy = 'save it as UTF-8';
  // PowerShell's > and Notepad's "Unicode"; without a mark, every other byte of a character that ASCII has is 0.
  if (bytes.includes(0))
    throw new ConfigError(file, [`${problem}, got UTF-16 or bytes that are no text; ${remedy}`]);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const [before = ''] = bytes.toString('utf8').split('\ufffd');
    const line = before.split('\n').length;
    throw new ConfigError(file, [`line ${line}: ${problem}, got another encoding; ${remedy}`], {
      cause: error,
    });
  }
}

/** All configurations that have a name: the package's, and the working directory's in place of those or besides. */
export async function listConfigs(): Promise<ConfigListing[]> {
  const found = new Map<string, string>();
  for (const folder of [packageFolder, workingFolder]) {
    for (const file of (await readdir(folder).catch(() => [])).sort()) {
      if (isYaml.test(file)) found.set(basename(file, extname(file)), join(folder, file));
    }
  }
  return [...found].map(([name, path]) => ({ name, path })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where `demo.yaml` is asked for and only the name `demo` is known. */
async function hintOfName(path: string): Promise<string> {
  const wanted = basename(path, extname(path));
  const isKnown = (await listConfigs()).some(({ name }) => name === wanted);
  return isKnown ? `. Did you mean "${wanted}"?` : '';
}

/** A name that is known wins over a file of that very name here. */
async function find(nameOrPath: string): Promise<string> {
  if (/[\\/]/.test(nameOrPath) || isYaml.test(nameOrPath)) return nameOrPath;
  const known = await listConfigs();
  const match = known.find(({ name }) => name === nameOrPath);
  if (match) return match.path;
  const isFile = await stat(nameOrPath).then(
    (status) => status.isFile(),
    () => false,
  );
  if (isFile) return nameOrPath;
  const names = known.map(({ name }) => name);
  const here = (await readdir('.').catch(() => [])).filter((file) => isYaml.test(file));
  const itself = here.find((file) => basename(file, extname(file)) === nameOrPath);
  const similar = itself ?? nearest(nameOrPath, [...names, ...here]);
  const hint = similar ? ` Did you mean "${similar}"?` : '';
  const problem = `expected a path or one of ${names.join(', ')}, got this name.${hint}`;
  throw new ConfigError(nameOrPath, [problem]);
}
