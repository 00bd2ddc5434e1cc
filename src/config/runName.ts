/** The name of a run. Files and folders of the run contain it, and users type it to watch the run or sample from it. */
import { describeValue } from '../base/messageText.js';
import type { NvaeConfig } from './types.js';

/** File systems allow names of 255 bytes; the files of a run add up to a hundred bytes to its name. */
const mostBytes = 150;

/** Returns what is wrong with the name of a run, as "must ..."; null if the name is valid. */
export function runNameProblem(name: string): string | null {
  if (name.trim() === '') return 'must not be empty';
  if (/[/\\]/.test(name)) return 'must be a name, not a path: no / or \\';
  if (name === '.' || name === '..') return 'must be a name, not a folder';
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name))
    return 'must not contain control characters, line breaks or broken Unicode';
  if (name.trim() !== name) return 'must not begin or end with a space';
  if (name.startsWith('-')) return 'must not begin with -, because commands take that for an option';
  if (new TextEncoder().encode(name).length > mostBytes) return `must be at most ${mostBytes} bytes long`;
  return null;
}

/**
 * Returns the configuration with the given name, or with its own name if none is given.
 * @throws RangeError when the name cannot be part of a file name
 */
export function withRunName(config: NvaeConfig, name: string = config.name): NvaeConfig {
  const problem = typeof name === 'string' ? runNameProblem(name) : 'must be a text';
  if (problem === null) return { ...config, name };
  const remedy = name === config.name ? '; pass another name for the run' : '';
  throw new RangeError(`name of the run: ${problem} (${describeValue(name)})${remedy}`);
}
