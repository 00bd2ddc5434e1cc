/** Finds and reads configuration files: by name in `model_configs`, or by path. */
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode, messageOf } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import { nearest } from '../base/nearest.js';
import { ConfigError } from './configError.js';
import type { NvaeConfig } from './types.js';

/** The package's own configurations. The relative path is the same from src and dist. */
const packageFolder = fileURLToPath(new URL('../../model_configs', import.meta.url));
const workingFolder = 'model_configs';
/** Accepts capitals: some editors and systems write extensions that way. */
const isYaml = /\.ya?ml$/i;
/** In bytes; a hundred times the size of a configuration with long comments. */
const largestFile = 2 ** 20;

/** Options of `loadConfig`. */
export interface LoadConfigOptions {
  /**
   * Values that override those in the file: `key=value` with dotted keys, such as `training_parameters.batch_size=8`.
   * @default none
   */
  readonly overrides?: readonly string[];
}

/** A configuration that `loadConfig` knows by name. */
export interface ConfigListing {
  /** File name without extension, such as `penguin`. */
  readonly name: string;
  /** Path of the file; absolute for the package's configurations. */
  readonly path: string;
}

/**
 * Loads a configuration by name or by path, checks it and fills in the defaults.
 *
 * A name refers to a file in `model_configs` in the working directory or else in the package, without its extension. A text
 * that contains a slash or ends in `.yaml` or `.yml` is a path; so is the name of any other file in the working directory.
 *
 * @param nameOrPath name or path of the configuration
 * @param options overrides for single values
 * @throws ConfigError when the configuration does not exist, cannot be read or is invalid
 *
 * @example
 * const config = await loadConfig('penguin', { overrides: ['training_parameters.batch_size=8'] });
 * const mine = await loadConfig('./configs/mine.yaml');
 */
export async function loadConfig(nameOrPath: string, options: LoadConfigOptions = {}): Promise<NvaeConfig> {
  const path = await find(nameOrPath);
  const file = path.startsWith(packageFolder) ? join('model_configs', basename(path)) : path;
  let bytes: Buffer;
  try {
    bytes = await readBytes(path, largestFile);
  } catch (error) {
    const hint = hasCode(error, 'ENOENT') ? await hintOfName(nameOrPath) : '';
    throw new ConfigError(file, [`cannot be read: ${messageOf(error)}${hint}`], { cause: error });
  }
  const { parseConfig } = await import('./parseConfig.js'); // zod is slow to load, and some callers never need it
  return parseConfig(textOf(bytes, file), { ...options, file });
}

/** Decodes the text and drops the byte order mark that some editors write. */
function textOf(bytes: Buffer, file: string): string {
  // PowerShell's > and Notepad's "Unicode" write UTF-16, where every other byte of an ASCII text is 0.
  if (bytes.includes(0)) throw new ConfigError(file, ['is UTF-16 or not text; save it as UTF-8']);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const [before = ''] = bytes.toString('utf8').split('\ufffd');
    const line = before.split('\n').length;
    throw new ConfigError(file, [`line ${line}: not UTF-8; save the file as UTF-8`], { cause: error });
  }
}

/**
 * Lists the configurations that have a name, sorted by name: those in `model_configs` in the working directory, and those of
 * the package whose names are not already used there.
 *
 * @example
 * for (const { name, path } of await listConfigs()) console.log(name, path);
 */
export async function listConfigs(): Promise<ConfigListing[]> {
  const found = new Map<string, string>();
  for (const folder of [packageFolder, workingFolder]) {
    for (const file of (await readdir(folder).catch(() => [])).sort()) {
      if (isYaml.test(file)) found.set(basename(file, extname(file)), join(folder, file));
    }
  }
  return [...found].map(([name, path]) => ({ name, path })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns a hint for a user who types `demo.yaml` but means the name `demo`. */
async function hintOfName(path: string): Promise<string> {
  const wanted = basename(path, extname(path));
  const isKnown = (await listConfigs()).some(({ name }) => name === wanted);
  return isKnown ? `; did you mean "${wanted}"?` : '';
}

/** Returns the path of a configuration. A known name takes precedence over a file of the same name in the working directory. */
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
  const hint = similar ? `did you mean "${similar}"?` : 'pass a path or one of these names';
  throw new ConfigError(nameOrPath, [
    `no configuration has this name (there are ${names.join(', ')}); ${hint}`,
  ]);
}
