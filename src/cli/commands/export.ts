/** Arguments of `nvae export`. */
import { Command } from 'commander';
import type { exportFile } from '../actions/export.js';
import { configOption, modelHelp, withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae export demo
  nvae export saved_weights/demo.checkpoint --weights --out demo.model

Beside the file goes its configuration, <run>.yaml. In the PyTorch implementation the file belongs in saved_weights, and the
configuration in model_configs. Warnings say what is lost. No file is ever replaced. --engine and --seed have no effect.`;

export function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Write a model or checkpoint as a file of PyTorch, for the PyTorch implementation and other programs.',
    )
    .argument('<model>', modelHelp)
    .addOption(configOption())
    .option(
      '--out <file>',
      'file to write, .checkpoint or .model (default: the name of the model in exported)',
    )
    .option('--weights', 'export only the weights of a checkpoint, as a model')
    .option('--folder <folder>', 'folder with the saved_weights of the run, and for exported', '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof exportFile>) =>
    (await import('../actions/export.js')).exportFile(...given),
  );
}
