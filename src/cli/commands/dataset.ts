/** Arguments of `nvae dataset`. */
import { Command } from 'commander';
import type { describe } from '../actions/dataset.js';
import { integerFrom, withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae dataset photos
  nvae dataset photos.zip --config demo
  nvae dataset train-images-idx3-ubyte --json | jq .fits

Every form of data that nvae train --dataset takes will do. --engine and --seed have no effect.`;

export function datasetCommand(): Command {
  const command = new Command('dataset')
    .description(
      'Show what a dataset has: sizes, formats, colours, damage, duplicates, and which configuration fits.',
    )
    .argument('<images>', 'a folder of images, with subfolders, a file of many images, or one image')
    .option(
      '--size <number>',
      'height and width at which images are compared and counted (default: their own, at most 64)',
      integerFrom(1),
    )
    .option('--config <configuration>', 'a configuration whose size to use, and whose limit of pixels')
    .option('--names <number>', 'how many names each list has, at most', integerFrom(1), 5)
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof describe>) =>
    (await import('../actions/dataset.js')).describe(...given),
  );
}
