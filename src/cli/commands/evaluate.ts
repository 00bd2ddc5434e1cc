/** Arguments of `nvae evaluate`. */
import { Command } from 'commander';
import type { evaluateModel } from '../actions/evaluate.js';
import {
  configOption,
  integerFrom,
  latentsFolderHelp,
  modelHelp,
  weightsOption,
  withCommonOptions,
} from './commonOptions.js';
import { countOrAll, imagesHelp } from './latentOptions.js';

const examples = `
Examples:
  nvae evaluate demo new-photos
  nvae evaluate demo new-photos more.zip
  nvae evaluate saved_weights/demo.checkpoint new-photos --samples 100 --count 200
  nvae evaluate demo new-photos --json | jq 'select(.type == "evaluation").bitsPerDimension.mean'

Use images that the model was not trained on: how well it predicts them is how good it is.`;

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'Measure how well a model predicts images: bits/dim, KL per latent group, reconstruction errors.',
    )
    .argument('<model>', modelHelp)
    .argument('<images...>', imagesHelp)
    .option(
      '--samples <number>',
      'draws per image; more give a tighter bound and take longer',
      integerFrom(1),
      1,
    )
    .option('--batch <number>', 'images computed at a time; more need more memory', integerFrom(1), 16)
    .option('--count <number>', 'number of images, or all', countOrAll, Number.POSITIVE_INFINITY)
    .addOption(configOption())
    .addOption(weightsOption())
    .option('--folder <folder>', latentsFolderHelp, '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof evaluateModel>) =>
    (await import('../actions/evaluate.js')).evaluateModel(...given),
  );
}
