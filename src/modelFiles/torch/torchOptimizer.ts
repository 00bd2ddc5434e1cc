/** The state of Adamax in a checkpoint of the PyTorch implementation. Works without Node. */
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { describePickleValue } from '../../pytorch/describePickleValue.js';
import { isDict, isTensor, type PickleValue } from '../../pytorch/pickleValue.js';
import type { TorchFile } from '../../pytorch/torchFile.js';
import type { TorchTensor } from '../../pytorch/torchTensor.js';
import { countOf, type TorchDict } from './torchEntries.js';
import type { TorchEntry } from './torchLayout.js';
import { type TorchWeight, tensorProblem } from './torchWeights.js';

/** The state of one parameter. */
export interface TorchSlots {
  /** Name of the parameter. */
  readonly parameter: string;
  readonly step: PickleValue;
  readonly momentum: TorchWeight;
  readonly maximum: TorchWeight;
}

/** The only parameter group of the optimiser. */
export interface TorchOptimizer {
  /** Learning rate, weight decay and the like. */
  readonly group: TorchDict;
  /** Keys into `state`, in the order of the model's parameters: numbers, or addresses in old files. */
  readonly keys: readonly PickleValue[];
  readonly state: TorchDict;
}

/**
 * Finds the entries of the optimiser.
 * @param where names the file in messages
 * @throws CheckpointError when they are missing, or are of another optimiser than Adamax
 */
export function torchOptimizer(run: TorchDict, where: string): TorchOptimizer {
  const optimizer = run.get('optimizer');
  const state = isDict(optimizer) ? optimizer.get('state') : undefined;
  const groups = isDict(optimizer) ? optimizer.get('param_groups') : undefined;
  const [group, ...others] = Array.isArray(groups) ? (groups as readonly PickleValue[]) : [];
  const keys = isDict(group) ? group.get('params') : undefined;
  if (!isDict(state) || !isDict(group) || !Array.isArray(keys) || others.length > 0) {
    const expected = 'expected "state" and one group of parameters in "param_groups"';
    throw new CheckpointError(where, `its entry "optimizer": ${expected}, got something else`);
  }
  return { group, keys, state };
}

/** Whether the state is that of another optimiser, such as Adam, or there is none: it cannot be gone on from. */
export function isOtherOptimizer({ state }: TorchOptimizer): boolean {
  return ![...state.values()].some((slots) => isDict(slots) && slots.has('exp_inf'));
}

/**
 * Finds the state of every parameter. No value is read.
 * @param parameters the model's parameters, in its order
 * @throws CheckpointError when the state of a parameter is missing or has another shape
 */
export function torchSlots(
  optimizer: TorchOptimizer,
  parameters: readonly TorchEntry[],
  where: string,
): TorchSlots[] {
  const { keys, state } = optimizer;
  if (isOtherOptimizer(optimizer)) throw new CheckpointError(where, otherOptimizer(optimizer));
  if (keys.length !== parameters.length || new Set(keys).size !== keys.length) {
    throw new CheckpointError(
      where,
      `its optimiser has ${keys.length} parameters, expected the ${parameters.length} of the model, each once`,
    );
  }
  return parameters.map((parameter, i) => {
    const slots = state.get(keys[i] as PickleValue);
    const place = `its optimiser, parameter ${i} (${parameter.name})`;
    if (!isDict(slots))
      throw new CheckpointError(where, `${place}: expected its state, got ${describePickleValue(slots)}`);
    const slot = (key: string, name: string): TorchWeight => {
      const tensor = slots.get(key);
      const problem = tensorProblem(tensor, parameter);
      if (problem !== null) throw new CheckpointError(where, `${place}: ${key}: ${problem}`);
      return { ...parameter, name: `${name}.${parameter.name}`, tensor: tensor as TorchTensor };
    };
    return {
      parameter: parameter.name,
      step: slots.get('step') ?? null,
      momentum: slot('exp_avg', 'adamax.momentum'),
      maximum: slot('exp_inf', 'adamax.maximum'),
    };
  });
}

/**
 * The number of updates: an integer, or a scalar tensor in newer files.
 * @throws CheckpointError when it is neither
 */
export async function stepOf(file: TorchFile, step: PickleValue | undefined, where: string): Promise<number> {
  const isScalar = isTensor(step) && step.shape.length === 0;
  const value = isScalar ? await scalarOf(file, step) : step;
  const count = countOf(value);
  if (count !== null) return count;
  throw new CheckpointError(
    where,
    `its optimiser: expected a "step" that is an integer >= 0, got ${describePickleValue(value)}`,
  );
}

async function scalarOf(file: TorchFile, tensor: TorchTensor): Promise<PickleValue | undefined> {
  const values = /float/.test(tensor.kind) ? await file.readFloats(tensor) : await file.readIntegers(tensor);
  return values[0];
}

function otherOptimizer({ state }: TorchOptimizer): string {
  const weights = 'only its weights can be used: sample from it, or import it with --weights';
  const [slots] = state.values();
  if (!isDict(slots)) return `its optimiser has no state yet, so it cannot be resumed; ${weights}`;
  const isAdam = slots.has('exp_avg_sq');
  const keys = [...slots.keys()].slice(0, 4).join(', ');
  const name = isAdam ? 'Adam' : 'another one';
  return `its optimiser is ${name} (${keys}), expected Adamax (exp_avg, exp_inf), so it cannot be resumed; ${weights}`;
}
