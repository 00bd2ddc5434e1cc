/** What the pickle of a PyTorch file contains, as far as it can be told without the configuration. Works without Node. */
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { describePickleValue } from '../../pytorch/describePickleValue.js';
import { isDict, isTensor, type PickleValue } from '../../pytorch/pickleValue.js';

/** A dict of a pickle. */
export type TorchDict = ReadonlyMap<PickleValue, PickleValue>;

/** The entries of a `.model` or `.checkpoint` of the PyTorch implementation. */
export interface TorchEntries {
  readonly stateDict: TorchDict;
  /** Path of the configuration where the file was written: any text at all. Null if there is none. */
  readonly modelArch: string | null;
  /** All entries of a checkpoint; null for a model. */
  readonly run: TorchDict | null;
}

/**
 * Finds the entries. A `state_dict` alone, without a dict around it, counts as a model.
 * @param where names the file in messages
 * @throws CheckpointError when there is no `state_dict`
 */
export function torchEntries(content: PickleValue, where: string): TorchEntries {
  if (!isDict(content))
    throw new CheckpointError(
      where,
      `expected a dict with an entry "state_dict", got ${describePickleValue(content)}`,
    );
  if (content.size > 0 && [...content.values()].every(isTensor)) {
    return { stateDict: content, modelArch: null, run: null };
  }
  const stateDict = content.get('state_dict');
  if (!isDict(stateDict)) {
    const got = stateDict === undefined ? `only ${keysOf(content)}` : describePickleValue(stateDict);
    throw new CheckpointError(where, `expected an entry "state_dict" with the weights, got ${got}`);
  }
  const modelArch = content.get('model_arch');
  return {
    stateDict,
    modelArch: typeof modelArch === 'string' ? modelArch : null,
    run: isDict(content.get('optimizer')) ? content : null,
  };
}

/** The number if the value is an integer of at least 0 that a number can hold; null otherwise. */
export function countOf(value: PickleValue | undefined): number | null {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function keysOf(dict: TorchDict): string {
  const keys = [...dict.keys()].slice(0, 3).map((key) => describePickleValue(key));
  return [...keys, ...(dict.size > 3 ? ['...'] : [])].join(', ') || 'an empty dict';
}
