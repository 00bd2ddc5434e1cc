import { askTerminal } from '../../ui/pictures/askTerminal.js';
import { noPictures, type PictureSupport } from '../../ui/pictures/pictureSupport.js';
import { terminalHints } from '../../ui/pictures/terminalHints.js';

/**
 * Finds out how the terminal on standard error shows pictures.
 *
 * @throws Error if NVAE_PICTURES is not a known method
 */
export async function terminalPictureSupport(): Promise<PictureSupport> {
  const { stdin, stderr: stdout, env } = process;
  return stdout.isTTY ? askTerminal(terminalHints(env), { stdin, stdout }) : noPictures;
}
