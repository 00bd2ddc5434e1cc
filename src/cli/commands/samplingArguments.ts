/** Arguments shared by the commands that sample from a model. */
import { type Command, Option } from 'commander';
import { integerFrom, modelHelp, temperature, temperatureHelp } from './commonOptions.js';

/** Adds `<model> <temperature> [iterations]`. */
export function withSamplingArguments(command: Command, help = temperatureHelp): Command {
  return command
    .argument('<model>', modelHelp)
    .argument('<temperature>', help, temperature)
    .argument(
      '[iterations]',
      'iterations of the batch-norm re-adjustment before sampling',
      integerFrom(0),
      20,
    );
}

/** The option `--statistic`. */
export function statisticOption(): Option {
  return new Option('--statistic <name>', 'value to take from the distribution of each pixel')
    .choices(['sample', 'mean', 'most_likely_value'])
    .default('mean');
}
