/** Arguments of `nvae plan`. */
import { Command } from 'commander';
import type { plan } from '../actions/plan.js';
import { integerFrom, positiveNumber, withCommonOptions } from './commonOptions.js';
import { datasetOption, setOption } from './trainingOptions.js';

const examples = `
Examples:
  nvae plan demo --dataset photos
  nvae plan penguin --batch 8 --images 50000
  nvae plan penguin --batch 8 --set training_parameters.half_precision=false
  nvae plan penguin --memory 4 --json | jq .suggestions

Measures steps on this machine for a few seconds, with small batches of noise, and extrapolates. Nothing is written. --seed has no effect.`;

export function planCommand(): Command {
  const command = new Command('plan')
    .description('Show what a training will take before it starts: memory, and time per step, epoch and run.')
    .argument('<architecture>', 'name of a file in model_configs, or a path')
    .addOption(datasetOption('to count its images'))
    .option('--images <number>', 'number of training images, instead of --dataset', integerFrom(1))
    .option('--batch <number>', 'images per step (default: as configured)', integerFrom(1))
    .option('--memory <gigabytes>', 'memory that the run may take (default: what is free)', positiveNumber)
    .addOption(setOption())
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof plan>) => {
    const [, { dataset, images }] = given;
    if (dataset !== undefined && images !== undefined)
      command.error("error: option '--images' cannot be used with --dataset; give one of them");
    await (await import('../actions/plan.js')).plan(...given);
  });
}
