/** Arguments of `nvae cherry`. */
import { Command } from 'commander';
import type { cherry } from '../actions/cherry.js';
import { configOption, folderHelp, integerFrom, weightsOption, withCommonOptions } from './commonOptions.js';
import { withSamplingArguments } from './samplingArguments.js';

const examples = `
Examples:
  nvae cherry demo 0.7
  nvae cherry saved_weights/demo.checkpoint 0.8 40 --keep 4 --out best.png
  printf '%s\\n' 1 5 0 9 '3 1 2' | nvae cherry saved_weights/demo.checkpoint 0.7 --keep 3

Each line of the input is one choice: the number of an image picks or unpicks it, 0 shows the next batch, u undoes. When
all are picked, a line with their numbers sets the order.`;

export function cherryCommand(): Command {
  const command = withSamplingArguments(
    new Command('cherry').description(
      'Pick the best of many new images, shown 9 at a time, and put them in order.',
    ),
  )
    .option('--keep <number>', 'number of images to pick', integerFrom(1), 9)
    .option(
      '--out <path>',
      'file of the grid, or a folder (default: images/<model>_t<temperature>_cherry.png)',
    )
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', folderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof cherry>) =>
    (await import('../actions/cherry.js')).cherry(...given),
  );
}
