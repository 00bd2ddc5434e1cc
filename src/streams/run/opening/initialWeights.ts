/** The weights that a new run starts from, from the file of a model or a model as plain data. */
import { messageOf } from '../../../base/errors.js';
import type { NamedTensors } from '../../../base/plainData.js';
import { CheckpointError } from '../../../checkpoint/checkpointError.js';
import { checkpointExists } from '../../../checkpoint/checkpointExists.js';
import { checkFinite } from '../../../checkpoint/finite.js';
import { selectWeights } from '../../../checkpoint/weightSets.js';
import type { ModelData } from '../../../checkpoint/weightsOf.js';
import type { NvaeConfig } from '../../../config/types.js';
import { architectureChanges } from '../../../modelFiles/architectureChanges.js';
import { type FittingWeights, fittingWeights } from '../../../modelFiles/fittingWeights.js';
import { readOneFile } from '../../../modelFiles/readOneFile.js';
import type { TrainerLike } from '../trainerLike.js';
import type { TrainOptions } from '../trainOptions.js';

/** Weights for a new run. */
export interface InitialWeights {
  /** As in `StartedEvent.initFrom`, and in messages. */
  readonly source: string;
  /** Parameters and running averages that fit the run's model. */
  readonly tensors: NamedTensors;
}

interface Circumstances {
  /** Where the run's checkpoint would be. */
  readonly checkpointPath: string;
  readonly onWarning: (message: string) => void;
}

/** Tensors that a message names; it counts the rest. */
const named = 5;

/**
 * Reads and checks the weights that a new run starts from, before the run's own model is allocated; null for none.
 * @throws CheckpointError when the run has a checkpoint, or when the weights cannot be read, are not finite, or do not fit
 */
export async function initialWeights(
  { initFrom, initPartial = false }: TrainOptions,
  config: NvaeConfig,
  { checkpointPath, onWarning }: Circumstances,
): Promise<InitialWeights | null> {
  if (initFrom === undefined) return null;
  const source = typeof initFrom === 'string' ? initFrom : initFrom.config.name;
  if (await checkpointExists(checkpointPath)) {
    const remedy =
      'to start a new run from these weights, use another run name (--name); to resume, leave out --init-from';
    throw new CheckpointError(
      source,
      `run ${config.name} already has a checkpoint, ${checkpointPath}; ${remedy}`,
    );
  }
  const misfits = new Map<string, string>();
  // A PyTorch file has no configuration: it is compared with that of the run, tensor by tensor.
  const data: ModelData =
    typeof initFrom === 'string'
      ? await readOneFile(initFrom, {
          config,
          weightsOnly: true,
          onMisfit: (name, phrase) => misfits.set(name, phrase),
          onWarning,
        })
      : { config: initFrom.config, tensors: selectWeights(initFrom, undefined, source).tensors };
  const changes = architectureChanges(data.config.model, config.model, 'there');
  const weights = fittingWeights(data.tensors, config.model, misfits);
  if (!initPartial) requireAll(weights, changes, source);
  if (weights.fitting.size === 0) {
    throw new CheckpointError(
      source,
      `none of its tensors fits the model of run ${config.name}${differences(changes)}`,
    );
  }
  checkFinite(source, weights.fitting);
  const warning = omissions(weights, changes);
  if (warning !== null) onWarning(`${source}: ${warning}`);
  return { source, tensors: weights.fitting };
}

/** Replaces the new trainer's weights; its optimiser, its seed and its position stay those of a new run. */
export async function startFrom(
  trainer: Pick<TrainerLike, 'loadWeights'>,
  { source, tensors }: InitialWeights,
): Promise<void> {
  try {
    await trainer.loadWeights(tensors);
  } catch (error) {
    throw new CheckpointError(source, `does not fit the model: ${messageOf(error)}`, { cause: error });
  }
}

/** @throws CheckpointError when the architectures or any tensors differ */
function requireAll({ unmet, unknown }: FittingWeights, changes: readonly string[], source: string): void {
  if (changes.length > 0) {
    const remedy = 'use the architecture of the file, or take only the tensors that fit (--init-partial)';
    throw new CheckpointError(
      source,
      `has another architecture than the run: ${changes.join(', ')}; ${remedy}`,
    );
  }
  const problems = [...unmet, ...unknown];
  if (problems.length > 0) {
    const remedy = 'use another file, or take only the tensors that fit (--init-partial)';
    throw new CheckpointError(source, `does not fit the model: ${listed(problems)}; ${remedy}`);
  }
}

/** What a partial start leaves out; null for nothing. */
function omissions(weights: FittingWeights, changes: readonly string[]): string | null {
  const { fitting, unmet, unknown, count } = weights;
  const parts = [
    ...(unmet.length > 0 ? [`initialised at random instead: ${listed(unmet)}`] : []),
    ...(unknown.length > 0 ? [`not used: ${listed(unknown)}`] : []),
  ];
  if (parts.length === 0 && changes.length === 0) return null;
  return [`took ${fitting.size} of ${count} tensors${differences(changes)}`, ...parts].join('; ');
}

function differences(changes: readonly string[]): string {
  return changes.length > 0 ? `; the architecture differs: ${changes.join(', ')}` : '';
}

function listed(phrases: readonly string[]): string {
  const rest = phrases.length - named;
  return [...phrases.slice(0, named), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}
