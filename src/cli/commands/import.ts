/** Arguments of `nvae import`. */
import { Command } from 'commander';
import type { importFile } from '../actions/import.js';
import { configOption, withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae import penguin.checkpoint
  nvae import final_result_mine.model --config mine.yaml --out mine.model

A checkpoint can be resumed: nvae train goes on at its epoch, with the state of its optimiser. Learning rate, schedule and
weight decay are those of the configuration, and a warning says where the file has others. No file is ever replaced.
Nothing in a PyTorch file is run, and no Python is needed. --engine has no effect.`;

export function importCommand(): Command {
  const command = new Command('import')
    .description("Convert a .checkpoint or .model of the PyTorch implementation to nvae's format.")
    .argument('<file>', 'a file that torch.save has written, in the format of any version')
    .addOption(configOption())
    .option(
      '--out <file>',
      'file to write (default: saved_weights/<configuration>.checkpoint or final_result_<configuration>.model)',
    )
    .option('--weights', 'import only the weights of a checkpoint, as a model')
    .option('--folder <folder>', 'folder with the saved_weights to write to', '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof importFile>) =>
    (await import('../actions/import.js')).importFile(...given),
  );
}
