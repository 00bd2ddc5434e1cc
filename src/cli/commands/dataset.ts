/** Arguments of `nvae dataset`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ImageChannels } from '../../config/types.js';
import type { dataset } from '../actions/dataset.js';
import { integerFrom, withCommonOptions } from './commonOptions.js';
import { imagesHelp } from './latentOptions.js';

const examples = `
Examples:
  nvae dataset photos
  nvae dataset photos.zip --config demo
  nvae dataset photos --sheet photos.png --rows 8 --columns 12 --seed 1
  nvae dataset photos --config demo --pack photos32.npz
  nvae dataset train-images-idx3-ubyte --json | jq .fits

Every form of data that nvae train --dataset takes will do. The images of a sheet are spread evenly over the dataset, or chosen at
random by --seed. --engine has no effect.`;

/** That of `input_dimension`. */
const mostSize = 4096;

export function datasetCommand(): Command {
  const command = new Command('dataset')
    .description(
      'Show what a dataset has: sizes, formats, damage, duplicates, which configuration fits; or pack it into one file.',
    )
    .argument('<images...>', imagesHelp)
    .option(
      '--size <number>',
      'height and width at which images are compared and counted (default: their own, at most 64)',
      integerFrom(1, mostSize),
    )
    .option('--config <configuration>', 'a configuration whose size to use, and whose limit of pixels')
    .option('--sheet <file>', 'write some of the images as one picture (.png, .webp, .jpg, ...)')
    .option('--rows <number>', 'rows of the sheet', integerFrom(1), 4)
    .option('--columns <number>', 'columns of the sheet', integerFrom(1), 8)
    .option('--names <number>', 'how many names each list has, at most', integerFrom(1), 5)
    .option('--pack <file>', 'write all images to a .npz or .tar, decoded at this size, instead of a report')
    .addOption(
      new Option(
        '--channels <number>',
        'with --pack: 1 for grey images (default: those of --config, or 3)',
      ).argParser(channelsOf),
    )
    .option('--force', 'with --pack: replace an existing file')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof dataset>) => {
    const [, { pack, size, config, channels, force }] = given;
    if (pack === undefined && (channels !== undefined || force)) {
      command.error(`error: option '${force ? '--force' : '--channels'}' is for --pack`);
    }
    if (pack !== undefined && size === undefined && config === undefined) {
      command.error("error: option '--pack' needs the size of the images: --size, or --config");
    }
    await (await import('../actions/dataset.js')).dataset(...given);
  });
}

function channelsOf(text: string): ImageChannels {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError('Expected 1 or 3.');
  return text === '1' ? 1 : 3;
}
