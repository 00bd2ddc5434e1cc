/** Arguments of `nvae train`. */
import { Command } from 'commander';
import type { runTraining } from '../actions/train.js';
import { positiveNumber, runName, withCommonOptions } from './commonOptions.js';
import { datasetOption, setOption } from './trainingOptions.js';

const examples = `
Examples:
  nvae train demo --dataset my-photos
  nvae train penguin --set training_parameters.batch_size=8 --seconds 3600
  nvae train demo --name slow --set training_parameters.learning_rate=0.001
  nvae train demo --name cats --dataset cats --init-from demo
  nvae train demo --dataset photos --dataset rare.zip:3
  mpirun -n 4 --bind-to none nvae train demo --dataset photos

On a terminal a dashboard shows the run and its keys; otherwise progress is printed as lines.

The same command resumes a run from its last checkpoint. Runs with different names have separate files. Ctrl-C finishes
the step, writes a checkpoint and stops; a second Ctrl-C aborts. SIGUSR1 writes a checkpoint. Training runs in its own
process; if that crashes, it is restarted from the last checkpoint. mpirun and srun start it on several processes, which
train one model together; the same command then resumes it after a crash.`;

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a configuration on images, or resume it from its checkpoint.')
    .argument('<architecture>', 'name of a file in model_configs, or a path')
    .option('--name <name>', 'name of the run (default: the name of the configuration)', runName)
    .addOption(datasetOption('default: "dataset"'))
    .option('--folder <folder>', 'folder for saved_weights, images and runs (TensorBoard logs)', '.')
    .addOption(setOption())
    .option(
      '--init-from <model>',
      'start a new run from the weights of a .model or .checkpoint file, or of the named run',
    )
    .option('--init-partial', 'with --init-from: take only the tensors that fit, and warn about the others')
    .option('--seconds <number>', 'stop after this time, as Ctrl-C does', positiveNumber)
    .option('--take-over', 'take the run over at once from a process that is dead or unreachable')
    .option('--no-dashboard', 'print plain lines on a terminal too')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof runTraining>) => {
    const [, { initFrom, initPartial }] = given;
    if (initPartial && initFrom === undefined)
      command.error("error: option '--init-partial' needs --init-from; add --init-from <model>");
    await (await import('../actions/train.js')).runTraining(...given);
  });
}
