/** Arguments of `nvae interpolate`. */
import { Command } from 'commander';
import type { interpolate } from '../actions/interpolate.js';
import {
  configOption,
  folderHelp,
  integerFrom,
  modelHelp,
  weightsOption,
  withCommonOptions,
} from './commonOptions.js';
import { statisticOption } from './samplingArguments.js';

const examples = `
Examples:
  nvae interpolate demo cat.jpg dog.png 7
  nvae interpolate saved_weights/demo.checkpoint cat.jpg dog.png 30 --gif --out between.png`;

export function interpolateCommand(): Command {
  const command = new Command('interpolate')
    .description(
      'Write the images between two images: encode both, mix their latents in equal steps, decode.',
    )
    .argument('<model>', modelHelp)
    .argument('<image1>', 'an image of any size and format, or one of a file of many: photos.zip/cat.jpg')
    .argument('<image2>', 'a second image')
    .argument('[n]', 'number of images between them', integerFrom(0), 1)
    .option('--gif', 'also write a GIF that plays forward and back')
    .option('--no-free-flow', 'encode as the PyTorch implementation does: skip flows that are not fixed')
    .addOption(statisticOption())
    .option('--out <file>', 'file to write (default: images/<model>_interpolation.png)')
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', folderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof interpolate>) =>
    (await import('../actions/interpolate.js')).interpolate(...given),
  );
}
