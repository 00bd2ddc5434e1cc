/** Arguments of `nvae configs`. */
import { Command } from 'commander';
import type { configs } from '../actions/configs.js';
import { withCommonOptions } from './commonOptions.js';

export function configsCommand(): Command {
  const command = new Command('configs').description(
    'List the configurations with parameters and latent groups.',
  );
  return withCommonOptions(command).action(async (...given: Parameters<typeof configs>) =>
    (await import('../actions/configs.js')).configs(...given),
  );
}
