/** Arguments of `nvae watch`. */
import { Command } from 'commander';
import type { watchRun } from '../actions/watch.js';
import { withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae watch demo
  nvae watch demo --compare slow
  nvae watch demo --json | jq 'select(.type == "step").loss'

Shows a run that another terminal on this machine has started, or one that has ended, from its journal
runs/<name>/events.jsonl. It never changes the run. --engine and --seed have no effect.`;

export function watchCommand(): Command {
  const command = new Command('watch')
    .description('Watch a run, live or finished.')
    .argument('<name>', 'name of the run (that of its configuration, unless it was started with --name)')
    .option('--folder <folder>', 'folder with the saved_weights, images and runs of the run', '.')
    .option('--compare <name>', 'another run, whose curves the dashboard shows below those of this one')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof watchRun>) =>
    (await import('../actions/watch.js')).watchRun(...given),
  );
}
