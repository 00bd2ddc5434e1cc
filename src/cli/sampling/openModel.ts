import type { Nvae } from '../../model/nvae.js';
import { loadModel } from '../../modelFiles/loadModel.js';
import type { Output } from '../terminal/output.js';

/**
 * Loads the model of a command, on the engine in use. The caller disposes it.
 * @param file as `findModel` returns it
 * @param config the option `--config`
 * @throws CheckpointError when the file is missing, damaged, or needs another configuration
 */
export function openModel(file: string, config: string | undefined, output: Output): Promise<Nvae> {
  return loadModel(file, { ...(config !== undefined && { config }), onWarning: output.warning });
}
