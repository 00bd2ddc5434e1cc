/** The name of a run: part of the names of its files and folders, and what a person types to watch or sample it. */
import { describeValue } from '../base/messageText.js';
import type { NvaeConfig } from './types.js';

/** Files named after a run have up to a hundred bytes besides its name; file systems allow 255 in all. */
const mostBytes = 150;

/** What is wrong with a name of a run, as "must ..."; null where nothing is. */
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
 * The configuration with the name of its run: the given one, or else its own.
 * @throws RangeError when no files can have that name
 */
export function withRunName(config: NvaeConfig, name: string = config.name): NvaeConfig {
  const problem = typeof name === 'string' ? runNameProblem(name) : 'must be a text';
  if (problem === null) return { ...config, name };
  const remedy = name === config.name ? '; give the run another name than its configuration has' : '';
  throw new RangeError(`name of the run: ${problem} (${describeValue(name)})${remedy}`);
}
