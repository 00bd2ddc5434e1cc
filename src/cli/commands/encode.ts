/** Arguments of `nvae encode`. */
import { Command } from 'commander';
import type { encode } from '../actions/encode.js';
import {
  configOption,
  latentsFolderHelp,
  modelHelp,
  weightsOption,
  withCommonOptions,
} from './commonOptions.js';
import { countOrAll, imagesHelp, withLatentOptions } from './latentOptions.js';

const outHelp = 'a .safetensors file for all images, or a folder for one file per image, named after it';

const examples = `
Examples:
  nvae encode demo photos --out photos.safetensors
  nvae encode saved_weights/demo.checkpoint photos --latents mean --out latents/
  nvae encode demo cat.jpg --out cat.safetensors`;

export function encodeCommand(): Command {
  const command = withLatentOptions(
    new Command('encode')
      .description(
        'Write the latents of images to a file that other programs read and nvae decode turns back.',
      )
      .argument('<model>', modelHelp)
      .argument('<images...>', imagesHelp)
      .requiredOption('--out <path>', outHelp)
      .option('--count <number>', 'number of images, or all', countOrAll, Number.POSITIVE_INFINITY),
  )
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', latentsFolderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof encode>) =>
    (await import('../actions/encode.js')).encode(...given),
  );
}
