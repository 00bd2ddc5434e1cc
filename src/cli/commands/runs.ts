/** Arguments of `nvae runs`. */
import { Command } from 'commander';
import type { runs } from '../actions/runs.js';
import { withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae runs
  nvae runs demo slow
  nvae runs --json | jq '.runs[] | [.name, .best.bitsPerDimension]'

Compares runs by their journals runs/<name>/events.jsonl, and changes nothing. --engine and --seed have no effect.`;

export function runsCommand(): Command {
  const command = new Command('runs')
    .description('List runs and compare them: progress, validation, speed, configuration.')
    .argument('[names...]', 'names of runs (default: all, the last active first)')
    .option('--folder <folder>', 'folder with the saved_weights and runs of the runs', '.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof runs>) =>
    (await import('../actions/runs.js')).runs(...given),
  );
}
