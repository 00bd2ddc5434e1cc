/** Arguments of `nvae reconstruct`. */
import { Command } from 'commander';
import type { reconstruct } from '../actions/reconstruct.js';
import {
  configOption,
  folderHelp,
  integerFrom,
  modelHelp,
  weightsOption,
  withCommonOptions,
} from './commonOptions.js';
import { countOrAll, imagesHelp, withLatentOptions } from './latentOptions.js';
import { statisticOption } from './samplingArguments.js';

const outHelp =
  'a folder, or a file (.png, .webp, .jpg, ...); %d or %04d in its name is the number of the file; several files get ' +
  'numbers in any case (default: images/<model>_reconstruction.png)';

const examples = `
Examples:
  nvae reconstruct demo photos
  nvae reconstruct saved_weights/demo.checkpoint cat.jpg --out cat.png
  nvae reconstruct demo photos/*.jpg drawings.zip --out some.png
  nvae reconstruct demo photos --count all --rows 4 --out pairs/
  nvae reconstruct demo photos --separate --out reconstructed/`;

export function reconstructCommand(): Command {
  const command = withLatentOptions(
    new Command('reconstruct')
      .description('Encode and decode images: show what the model makes of them, each below its original.')
      .argument('<model>', modelHelp)
      .argument('<images...>', imagesHelp)
      .option('--rows <number>', 'rows of pairs in a grid', integerFrom(1), 1)
      .option('--columns <number>', 'pairs side by side in a grid', integerFrom(1), 8)
      .option(
        '--count <number>',
        'number of images, or all (default: one grid; all with --separate)',
        countOrAll,
      )
      .option('--separate', 'one file per image instead of grids, named after it')
      .option('--pairs', 'with --separate: each original beside its reconstruction')
      .option('--out <path>', outHelp),
  )
    .addOption(statisticOption())
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', folderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof reconstruct>) => {
    const [, , { separate = false, pairs = false }] = given;
    if (pairs && !separate)
      command.error("error: option '--pairs' needs --separate; grids have pairs anyway");
    await (await import('../actions/reconstruct.js')).reconstruct(...given);
  });
}
