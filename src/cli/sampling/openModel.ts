import { type WeightSet, weightsKey } from '../../checkpoint/weightSets.js';
import type { Nvae } from '../../model/nvae.js';
import { modelFrom } from '../../modelFiles/modelFrom.js';
import { readAnyModelFile } from '../../modelFiles/readAnyModelFile.js';
import type { Output } from '../terminal/output.js';

/** Options of a command that takes a model. */
export interface OpenModelOptions {
  /** The option `--config`. */
  readonly config?: string | undefined;
  /** The option `--weights`. */
  readonly weights?: WeightSet | undefined;
}

/**
 * Loads the model of a command, on the engine in use; says so if its weights are a moving average. The caller disposes it.
 * @param file as `findModel` returns it
 * @throws CheckpointError when the file is missing, damaged, needs another configuration, or does not have the weights
 */
export async function openModel(
  file: string,
  { config, weights }: OpenModelOptions,
  output: Output,
): Promise<Nvae> {
  const needs = {
    weights,
    weightsOnly: true,
    onWarning: output.warning,
    ...(config !== undefined && { config }),
  };
  const content = await readAnyModelFile(file, needs);
  if (content.metadata.get(weightsKey) === 'ema')
    output.progress('weights ema: their moving average in training');
  return modelFrom(content, file);
}
