import { askTerminal } from '../../ui/pictures/askTerminal.js';
import { noPictures, type PictureSupport } from '../../ui/pictures/pictureSupport.js';
import { terminalHints } from '../../ui/pictures/terminalHints.js';

/**
 * How the terminal of standard error shows pictures.
 *
 * @throws Error where the person has chosen a way that there is not
 */
export async function terminalPictureSupport(): Promise<PictureSupport> {
  const { stdin, stderr: stdout, env } = process;
  return stdout.isTTY ? askTerminal(terminalHints(env), { stdin, stdout }) : noPictures;
}
