/** The weights of a PyTorch file: exactly the tensors of a model, and nothing else. Works without Node. */
import { cut, describeValue, printable } from '../../base/messageText.js';
import type { TensorData } from '../../base/plainData.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { describePickleValue } from '../../pytorch/describePickleValue.js';
import { isTensor, type PickleValue } from '../../pytorch/pickleValue.js';
import type { TorchFile } from '../../pytorch/torchFile.js';
import type { TorchTensor } from '../../pytorch/torchTensor.js';
import type { TorchDict } from './torchEntries.js';
import type { TorchEntry } from './torchLayout.js';

/** A tensor that has the shape and the kind of values that the model needs, and can be read. */
export interface TorchWeight extends TorchEntry {
  readonly tensor: TorchTensor;
}

/** Receives the name of a tensor that does not fit a model, and a phrase that begins with it. */
export type OnMisfit = (name: string, phrase: string) => void;

const prefix = 'module.';
const largestCounter = 2 ** 31 - 1;

/**
 * Finds the tensors of a layout in a `state_dict`. No value is read.
 * @param where names the file in messages
 * @param config name of the configuration that the layout is from
 * @param onMisfit called for each tensor that is missing, unknown, or has another shape, which is then left out; else that is an error
 * @throws CheckpointError when a tensor is missing, unknown, or has another shape
 */
export function torchWeights(
  stateDict: TorchDict,
  layout: readonly TorchEntry[],
  where: string,
  config: string,
  onMisfit?: OnMisfit,
): TorchWeight[] {
  const fail = (problem: string): never => {
    const remedy = 'pass the configuration that it was trained with (--config)';
    throw new CheckpointError(
      where,
      `does not fit the configuration ${describeValue(config)}: ${problem}; ${remedy}`,
    );
  };
  const names = [...stateDict.keys()];
  if (names.length > 0 && names.every((name) => typeof name === 'string' && name.startsWith(prefix))) {
    const remedy = 'in PyTorch, save the state_dict of model.module';
    throw new CheckpointError(
      where,
      `the names of all its tensors begin with "${prefix}" (DataParallel); ${remedy}`,
    );
  }
  const missing = layout.filter(({ name }) => !stateDict.has(name)).map(({ name }) => name);
  const known = new Set<PickleValue>(layout.map(({ name }) => name));
  const unknown = names.filter((name) => !known.has(name));
  if (onMisfit) {
    for (const name of unknown) {
      onMisfit(String(name), `${describePickleValue(name)} is not in the model`);
    }
    return layout.flatMap((entry) => {
      const tensor = stateDict.get(entry.name);
      const problem = tensorProblem(tensor, entry);
      if (problem === null) return [{ ...entry, tensor: tensor as TorchTensor }];
      const is = tensor === undefined ? 'is missing' : `does not fit (${problem})`;
      onMisfit(entry.name, `${describeValue(entry.name)} ${is}`);
      return [];
    });
  }
  if (missing.length > 0) fail(`it has no tensor ${someOf(missing)}`);
  if (unknown.length > 0) fail(`the model has no tensor ${someOf(unknown)}`);
  return layout.map((entry) => {
    const tensor = stateDict.get(entry.name);
    const problem = tensorProblem(tensor, entry);
    return problem === null ? { ...entry, tensor: tensor as TorchTensor } : fail(`${entry.name}: ${problem}`);
  });
}

/** What is wrong with a value that should be a tensor of this shape; null if nothing is. */
export function tensorProblem(
  value: PickleValue | undefined,
  { shape, kind }: Pick<TorchEntry, 'shape' | 'kind'>,
): string | null {
  const isInteger = kind === 'counter';
  if (isTensor(value)) {
    const fits = isInteger ? /^u?int/.test(value.kind) : /float/.test(value.kind);
    if (fits && value.shape.length === shape.length && shape.every((size, i) => size === value.shape[i]))
      return null;
  }
  const expected = `${isInteger ? 'integers' : 'floating-point numbers'} [${shape.join(', ')}]`;
  return `expected ${expected}, got ${describePickleValue(value)}`;
}

/**
 * Reads the values.
 * @throws CheckpointError when the file is damaged, or a counter is out of range
 */
export async function readWeights(
  file: TorchFile,
  weights: readonly TorchWeight[],
  where: string,
): Promise<Map<string, TensorData>> {
  const tensors = new Map<string, TensorData>();
  for (const { name, kind, shape, tensor } of weights) {
    if (kind !== 'counter') {
      tensors.set(name, { dtype: 'float32', shape, data: await file.readFloats(tensor) });
      continue;
    }
    const [value] = await file.readIntegers(tensor);
    const count = Number(value);
    if (!(count >= 0 && count <= largestCounter)) {
      throw new CheckpointError(
        where,
        `${name}: expected a counter from 0 to ${largestCounter}, got ${value}`,
      );
    }
    tensors.set(name, { dtype: 'int32', shape, data: Int32Array.of(count) });
  }
  return tensors;
}

function someOf(names: readonly PickleValue[]): string {
  const [first] = names;
  const others = names.length - 1;
  // Names of tensors have more characters than other texts in messages.
  const text = typeof first === 'string' ? `"${cut(printable(first), 160)}"` : describePickleValue(first);
  return others === 0 ? text : `${text} and ${others} ${others === 1 ? 'other' : 'others'}`;
}
