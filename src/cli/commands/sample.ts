/** Arguments of `nvae sample`. */
import { Command } from 'commander';
import type { sample } from '../actions/sample.js';
import { configOption, folderHelp, integerFrom, weightsOption, withCommonOptions } from './commonOptions.js';
import { statisticOption, withSamplingArguments } from './samplingArguments.js';

const outHelp =
  'a folder, or a file (.png, .webp, .jpg, ...); %d or %04d in its name is the number of the file; several files get ' +
  'numbers in any case (default: images/<model>_t<temperature>.png)';

const examples = `
Examples:
  nvae sample demo 0.7
  nvae sample saved_weights/demo.checkpoint 0.8 40 --rows 2 --columns 8 --out eight.png
  nvae sample saved_weights/demo.checkpoint 0.7 --count 100 --separate --out samples/emoji_%04d.png
  nvae sample saved_weights/demo.checkpoint 0.6,0.7,0.9,1 --rows 8 --columns 8`;

export function sampleCommand(): Command {
  const command = withSamplingArguments(
    new Command('sample').description(
      'Sample new images from a model, after re-adjusting its batch norm to the temperature.',
    ),
  )
    .option('--rows <number>', 'rows of the grid', integerFrom(1), 3)
    .option('--columns <number>', 'columns of the grid', integerFrom(1), 3)
    .option('--count <number>', 'number of images (default: one grid)', integerFrom(1))
    .option('--batch <number>', 'images sampled at a time; more need more memory', integerFrom(1), 9)
    .option('--out <path>', outHelp)
    .option('--separate', 'one file per image instead of grids')
    .addOption(statisticOption())
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', folderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof sample>) =>
    (await import('../actions/sample.js')).sample(...given),
  );
}
