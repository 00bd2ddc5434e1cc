/** Arguments of `nvae train`. */
import { Command, InvalidArgumentError } from 'commander';
import { overrideKeys } from '../../config/overrides.js';
import type { runTraining } from '../actions/train.js';
import { positiveNumber, runName, withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae train demo --dataset my-photos
  nvae train penguin --set training_parameters.batch_size=8 --seconds 3600
  nvae train demo --name slow --set training_parameters.learning_rate=0.001

On a terminal a dashboard shows the run; its keys are on it. Elsewhere lines tell how it goes.

The same command resumes a run from its last checkpoint. A run of another name has files of its own. Ctrl-C finishes the step and writes the checkpoint; a second
one aborts. The signal USR1 writes a checkpoint now. The run has a process of its own: where that crashes it is started
again from its last checkpoint.`;

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a configuration on a folder of images, from its checkpoint where there is one.')
    .argument('<architecture>', 'name of a file in model_configs, or a path')
    .option('--name <name>', 'of the run (default: the name of the configuration)', runName)
    .option('--dataset <folder>', 'images to learn from', 'dataset')
    .option('--folder <folder>', 'where saved_weights, images and runs (TensorBoard logs) are', '.')
    .option('--set <key=value>', 'override a key of the configuration (repeatable)', collect, [])
    .option('--seconds <number>', 'stop after this time, as Ctrl-C does', positiveNumber)
    .option('--take-over', 'take the run over from a process that is dead or unreachable, without waiting')
    .option('--no-dashboard', 'plain lines on a terminal too')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof runTraining>) =>
    (await import('../actions/train.js')).runTraining(...given),
  );
}

function collect(value: string, previous: readonly string[]): string[] {
  if (overrideKeys(value) === null) {
    throw new InvalidArgumentError(
      'Expected key=value with a dotted key, as training_parameters.batch_size=8.',
    );
  }
  return [...previous, value];
}
