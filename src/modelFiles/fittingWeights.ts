import { isOfRun } from '../base/isOfRun.js';
import { cut, describeValue } from '../base/messageText.js';
import type { NamedTensors, TensorData } from '../base/plainData.js';
import type { ModelConfig } from '../config/types.js';
import { type TorchEntry, torchLayout } from './torch/torchLayout.js';

/** Which tensors a model can take from another one. */
export interface FittingWeights {
  /** The tensors that have a name and a shape of the model. */
  readonly fitting: NamedTensors;
  /** One phrase for each tensor of the model that cannot be taken. */
  readonly unmet: readonly string[];
  /** One phrase for each tensor that the model does not have. */
  readonly unknown: readonly string[];
  /** Number of tensors that the model has. */
  readonly count: number;
}

/**
 * Compares tensors with those of a model, by name and shape. The running averages of a batch normalisation and their counter are taken
 * together or not at all.
 * @param misfits tensors that were left out before, each with a phrase that begins with its name
 * @throws RangeError when the configuration does not describe a valid model
 */
export function fittingWeights(
  tensors: NamedTensors,
  config: ModelConfig,
  misfits: ReadonlyMap<string, string> = new Map(),
): FittingWeights {
  const layout = torchLayout(config);
  const problems = new Map(layout.map((entry) => [entry.name, problemOf(entry, tensors.get(entry.name))]));
  const fitting = new Map<string, TensorData>();
  const unmet: string[] = [];
  for (const { name, kind } of layout) {
    const problem = problems.get(name) ?? (kind === 'parameter' ? null : averagesProblem(name, problems));
    const tensor = tensors.get(name);
    if (problem === null && tensor) fitting.set(name, tensor);
    else unmet.push(misfits.get(name) ?? `${describeValue(name)} ${problem}`);
  }
  const unknown = [...tensors.keys()]
    .filter((name) => !problems.has(name) && !isOfRun(name))
    .map((name) => `${describeValue(name)} is not in the model`);
  for (const [name, phrase] of misfits) if (!problems.has(name)) unknown.push(phrase);
  return { fitting, unmet, unknown, count: layout.length };
}

function problemOf({ shape, kind }: TorchEntry, tensor: TensorData | undefined): string | null {
  if (tensor === undefined) return 'is missing';
  const dtype = kind === 'counter' ? 'int32' : 'float32';
  if (tensor.dtype === dtype && tensor.shape.join() === shape.join()) return null;
  return `is ${tensor.dtype} ${cut(`[${tensor.shape.join(', ')}]`)} (expected ${dtype} [${shape.join(', ')}])`;
}

/** What is wrong with the other tensors of the batch normalisation that this one belongs to. */
function averagesProblem(name: string, problems: ReadonlyMap<string, string | null>): string | null {
  const batchNorm = name.slice(0, name.lastIndexOf('.'));
  const averages = ['running_mean', 'running_var', 'num_batches_tracked'];
  const other = averages.find((average) => (problems.get(`${batchNorm}.${average}`) ?? null) !== null);
  return other === undefined ? null : `belongs to ${other}, which does not fit`;
}
