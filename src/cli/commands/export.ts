/** Arguments of `nvae export`. */
import { Command, Option } from 'commander';
import { weightSets } from '../../checkpoint/weightSets.js';
import type { exportFile } from '../actions/export.js';
import { configOption, modelHelp, withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae export demo
  nvae export saved_weights/demo.checkpoint --weights --out demo.model
  nvae export demo --dtype bfloat16
  nvae export saved_weights/demo.checkpoint --weights raw

Beside a PyTorch file goes its configuration, <run>.yaml. In the PyTorch implementation the file belongs in saved_weights, and the
configuration in model_configs. Warnings say what is lost. --dtype writes a model of our own format, which contains its
configuration: bfloat16 takes half the bytes. No file is ever replaced. --engine and --seed have no effect.`;

export function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Write a model or checkpoint as a file of PyTorch, or as a small model file of our own format.',
    )
    .argument('<model>', modelHelp)
    .addOption(configOption())
    .option(
      '--out <file>',
      'file to write, .checkpoint or .model (default: the name of the model in exported)',
    )
    .addOption(
      new Option('--format <name>', 'format of the file (default: pytorch, with --dtype rx-nvae)').choices([
        'pytorch',
        'rx-nvae',
      ]),
    )
    .addOption(
      new Option('--dtype <name>', 'type of the parameters in a file of our own format').choices([
        'float32',
        'bfloat16',
      ]),
    )
    .addOption(
      new Option(
        '--weights [set]',
        'export only the weights of a checkpoint, as a model: raw, those of the last step, or ema, their moving average (default: ' +
          'ema if the file has it)',
      ).choices(weightSets),
    )
    .option('--folder <folder>', 'folder with the saved_weights of the run, and for exported', '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof exportFile>) => {
    const [, { format, dtype }] = given;
    if (format === 'pytorch' && dtype !== undefined)
      command.error("error: option '--dtype' is for files of our own format; leave out --format pytorch");
    await (await import('../actions/export.js')).exportFile(...given);
  });
}
