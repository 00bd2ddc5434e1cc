import { join } from 'node:path';
import { journalName } from '../../journal/entry.js';
import type { TrainOptions } from '../trainOptions.js';

/** The files and folders of a run. */
export interface RunPaths {
  /** Folder of the next four files. */
  readonly weights: string;
  readonly lock: string;
  readonly checkpoint: string;
  /** The final model. */
  readonly model: string;
  /** The best model on the held-out images. */
  readonly bestModel: string;
  /** Folder of previews. */
  readonly previews: string;
  /** Folder of the TensorBoard log; null for none. */
  readonly tensorBoard: string | null;
  /** File of the journal; null for none. */
  readonly journal: string | null;
}

export function runPaths(
  name: string,
  { weightsFolder = 'saved_weights', picturesFolder = 'images', runsFolder = 'runs' }: TrainOptions,
): RunPaths {
  return {
    weights: weightsFolder,
    lock: join(weightsFolder, `${name}.lock`),
    checkpoint: join(weightsFolder, `${name}.checkpoint`),
    model: join(weightsFolder, `final_result_${name}.model`),
    bestModel: join(weightsFolder, `${name}.best.model`),
    previews: join(picturesFolder, name),
    tensorBoard: runsFolder === null ? null : join(runsFolder, name),
    journal: runsFolder === null ? null : join(runsFolder, name, journalName),
  };
}
