/** Arguments of `nvae explore`. */
import { Command } from 'commander';
import type { explore } from '../actions/explore.js';
import {
  configOption,
  folderHelp,
  integerFrom,
  numberFromZero,
  weightsOption,
  withCommonOptions,
} from './commonOptions.js';
import { statisticOption, withSamplingArguments } from './samplingArguments.js';

const examples = `
Examples:
  nvae explore demo 0.7
  nvae explore saved_weights/demo.checkpoint 0.7 --variation 0.8 --difference
  nvae explore saved_weights/demo.checkpoint 0.7 --group 0 --spatial --out positions.png`;

export function exploreCommand(): Command {
  const command = withSamplingArguments(
    new Command('explore').description(
      'Show what each latent group does: resample its noise, keep that of the others.',
    ),
    'standard deviation of the noise of the original image, 0 to 1',
  )
    .option('--group <number>', 'only this latent group (the first is 0)', integerFrom(0))
    .option('--spatial', 'resample one position of the group at a time (needs --group)')
    .option('--difference', 'show the differences from the original, amplified 4 times')
    .option('--variation <number>', 'standard deviation of the new noise', numberFromZero, 0.4)
    .option('--variants <number>', 'variants per group', integerFrom(1), 8)
    .addOption(statisticOption())
    .option('--out <file>', 'file to write (default: images/<model>_explore.png)')
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', folderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof explore>) => {
    const [, , , { spatial = false, group }] = given;
    if (spatial && group === undefined)
      command.error("error: option '--spatial' needs --group; add --group <number>");
    await (await import('../actions/explore.js')).explore(...given);
  });
}
