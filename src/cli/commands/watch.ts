/** Arguments of `nvae watch`. */
import { Command } from 'commander';
import type { watchRun } from '../actions/watch.js';
import { withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae watch demo
  nvae watch demo --json | jq 'select(.type == "step").loss'

Shows a run of this machine that another terminal has started, or one that is over, from its journal in
runs/<name>/events.jsonl. It never changes the run. --engine and --seed change nothing here.`;

export function watchCommand(): Command {
  const command = new Command('watch')
    .description('Watch a run that is going on or over.')
    .argument('<name>', 'of the run: that of its configuration, unless nvae train was given a --name')
    .option('--folder <folder>', 'where its saved_weights, images and runs are', '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof watchRun>) =>
    (await import('../actions/watch.js')).watchRun(...given),
  );
}
