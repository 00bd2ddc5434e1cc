/** Options shared by the commands that train, or plan it. */
import { InvalidArgumentError, Option } from 'commander';
import { overrideKeys } from '../../config/overrides.js';

/** The option `--dataset`, which can be repeated. @param note what its help ends with */
export function datasetOption(note: string): Option {
  return new Option(
    '--dataset <path>',
    'folder of training images or shards, a file of many (archive, array, Parquet, ...), a pattern in quotes, or a list of ' +
      `paths (- reads it from standard input); can be repeated, and photos:2 takes photos twice per epoch (${note})`,
  ).argParser((path: string, before: readonly string[] = []) => [...before, path]);
}

/** The option `--set`, which can be repeated. */
export function setOption(): Option {
  return new Option('--set <key=value>', 'override a key of the configuration (can be repeated)')
    .argParser(collect)
    .default([], 'none');
}

function collect(value: string, previous: readonly string[]): string[] {
  if (overrideKeys(value) === null) {
    throw new InvalidArgumentError(
      'Expected key=value with a dotted key, such as training_parameters.batch_size=8.',
    );
  }
  return [...previous, value];
}
