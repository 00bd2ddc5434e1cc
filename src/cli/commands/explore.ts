/** Arguments of `nvae explore`. */
import { Command, Option } from 'commander';
import type { explore } from '../actions/explore.js';
import {
  folderHelp,
  integerFrom,
  modelHelp,
  numberFromZero,
  temperature,
  withCommonOptions,
} from './commonOptions.js';

const examples = `
Examples:
  nvae explore demo 0.7
  nvae explore saved_weights/demo.checkpoint 0.7 --variation 0.8 --difference
  nvae explore saved_weights/demo.checkpoint 0.7 --group 0 --spatial --out positions.png`;

export function exploreCommand(): Command {
  const command = new Command('explore')
    .description('Show what each latent group does: its noise is replaced, that of all others kept.')
    .argument('<model>', modelHelp)
    .argument('<temperature>', 'standard deviation of the noise of the original, 0 to 1', temperature)
    .argument(
      '[iterations]',
      'iterations of the batch-norm re-adjustment before sampling',
      integerFrom(0),
      20,
    )
    .option('--group <number>', 'only this latent group, from 0', integerFrom(0))
    .option('--spatial', 'replace the noise of one position of the group at a time (needs --group)')
    .option('--difference', 'show how far the variants are from the original, four times as bright')
    .option(
      '--variation <number>',
      'standard deviation of the noise that takes its place',
      numberFromZero,
      0.4,
    )
    .option('--variants <number>', 'images per group besides the original', integerFrom(1), 8)
    .addOption(
      new Option('--statistic <name>', 'what is taken of the pixels’ distribution')
        .choices(['sample', 'mean', 'most_likely_value'])
        .default('mean'),
    )
    .option('--out <file>', 'file to write (default: images/<model>_explore.png)')
    .option('--folder <folder>', folderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof explore>) => {
    const [, , , { spatial = false, group }] = given;
    if (spatial && group === undefined) command.error("error: option '--spatial' needs --group");
    await (await import('../actions/explore.js')).explore(...given);
  });
}
