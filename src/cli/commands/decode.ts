/** Arguments of `nvae decode`. */
import { Command } from 'commander';
import type { decode } from '../actions/decode.js';
import {
  configOption,
  folderHelp,
  integerFrom,
  modelHelp,
  weightsOption,
  withCommonOptions,
} from './commonOptions.js';
import { statisticOption } from './samplingArguments.js';

const outHelp =
  'a folder for pictures named after their images, or a file (.png, .webp, .jpg, ...) whose name gets numbers ' +
  '(default: a new folder images/<latents>_decoded)';

const examples = `
Examples:
  nvae decode demo photos.safetensors
  nvae decode saved_weights/demo.checkpoint latents/ --out decoded/
  nvae decode demo edited.safetensors --statistic sample --seed 3 --out edited_%03d.webp`;

export function decodeCommand(): Command {
  const command = new Command('decode')
    .description('Write the images of latents, as nvae encode or another program wrote them.')
    .argument('<model>', modelHelp)
    .argument('<latents>', 'a .safetensors file of latents, or a folder of such files, with subfolders')
    .option('--batch <number>', 'images computed at a time; more need more memory', integerFrom(1), 16)
    .option('--out <path>', outHelp)
    .addOption(statisticOption())
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', folderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof decode>) =>
    (await import('../actions/decode.js')).decode(...given),
  );
}
