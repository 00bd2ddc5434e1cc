/** Finds and reads configuration files: by name in `model_configs`, or by path. */
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode, messageOf } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import { nearest } from '../base/nearest.js';
import { ConfigError } from './configError.js';
import type { NvaeConfig } from './types.js';

/** The package's own configurations; the relative path is the same from src and dist. */
const packageFolder = fileURLToPath(new URL('../../model_configs', import.meta.url));
const workingFolder = 'model_configs';
/** Some editors and systems write extensions in capitals. */
const isYaml = /\.ya?ml$/i;
/** In bytes; a hundred times a configuration with long comments. */
const largestFile = 2 ** 20;

/** Options of `loadConfig`. */
export interface LoadConfigOptions {
  /**
   * Values that replace those of the file: `key=value` with dotted keys, such as `training_parameters.batch_size=8`.
   * @default none
   */
  readonly overrides?: readonly string[];
}

/** A configuration that `loadConfig` knows by name. */
export interface ConfigListing {
  /** File name without extension, such as `penguin`. */
  readonly name: string;
  /** Path of the file; absolute for those of the package. */
  readonly path: string;
}

/**
 * Load a configuration by name or by path, check it and fill in the defaults.
 *
 * A name is a file in `model_configs` of the working directory, or else of the package, without its extension. A text
 * with a slash, or ending in `.yaml` or `.yml`, is a path; so is the name of any other file in the working directory.
 *
 * @param nameOrPath name or path of the configuration
 * @param options overrides of single values
 * @throws ConfigError when there is no such configuration, or its file cannot be read or is refused
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
  const { parseConfig } = await import('./parseConfig.js'); // zod takes a while to load, and not all who import this need it
  return parseConfig(textOf(bytes, file), { ...options, file });
}

/** The text without the byte order mark that some editors write. */
function textOf(bytes: Buffer, file: string): string {
  // PowerShell's > and Notepad's "Unicode" write UTF-16, in which every other byte of an ASCII text is 0.
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
 * List the configurations that have a name, sorted by it: those in `model_configs` of the working directory, and those of
 * the package whose names are not taken.
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

/** For somebody who types `demo.yaml` and means the name `demo`. */
async function hintOfName(path: string): Promise<string> {
  const wanted = basename(path, extname(path));
  const isKnown = (await listConfigs()).some(({ name }) => name === wanted);
  return isKnown ? `; did you mean "${wanted}"?` : '';
}

/** The path of a configuration. A known name wins over a file of the same name in the working directory. */
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
