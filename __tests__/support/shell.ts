/** A shell in a real terminal, as a person has it: colours, no CI. */
import { nvaeCommand } from './runCli.js';
import { startTmux, type Tmux } from './tmux.js';

/** The command, to be typed. */
export const nvae = nvaeCommand.map((part) => `'${part}'`).join(' ');

const environment = { COLORTERM: 'truecolor', TERM: 'screen-256color' };

/** In `cwd`, with its prompt on the screen; the caller ends it. */
export async function openShell(cwd: string, columns = 100, rows = 30): Promise<Tmux> {
  const shell = startTmux(cwd, columns, rows, environment);
  // What a CI sets would make the command tell plain lines.
  shell.type("unset CI NO_COLOR; PS1='ready> '; clear");
  await shell.shows('ready>');
  return shell;
}
