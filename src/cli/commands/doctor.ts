/** Arguments of `nvae doctor`. */
import { Command } from 'commander';
import type { doctor } from '../actions/doctor.js';
import { withCommonOptions } from './commonOptions.js';

export function doctorCommand(): Command {
  const command = new Command('doctor').description(
    'Show which compute engines work here, why the others do not and how to get them.',
  );
  return withCommonOptions(command).action(async (...given: Parameters<typeof doctor>) =>
    (await import('../actions/doctor.js')).doctor(...given),
  );
}
