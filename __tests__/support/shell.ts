/** A shell in a real terminal as users have it: with colours, and not in CI. */
import { nvaeCommand } from './runCli.js';
import { startTmux, type Tmux } from './tmux.js';

/** The command to type. */
export const nvae = nvaeCommand.map((part) => `'${part}'`).join(' ');

const environment = { COLORTERM: 'truecolor', TERM: 'screen-256color' };

/** Opens a shell in `cwd` and waits for its prompt; the caller ends it. */
export async function openShell(cwd: string, columns = 100, rows = 30): Promise<Tmux> {
  const shell = startTmux(cwd, columns, rows, environment);
  // The variables of a CI would make the command print plain lines.
  shell.type("unset CI NO_COLOR; PS1='ready> '; clear");
  await shell.shows('ready>');
  return shell;
}
