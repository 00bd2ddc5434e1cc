import { TorchTensor } from './torchTensor.js';

/**
 * A value in a PyTorch file: plain data or a tensor. Lists and tuples are arrays, dicts are maps in the file's order; integers that a
 * number cannot hold are bigints. A value may be in several places, and may contain itself.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PickleValue[]
  | ReadonlyMap<PickleValue, PickleValue>
  | TorchTensor;

/** Whether a value is a tensor. */
export function isTensor(value: PickleValue | undefined): value is TorchTensor {
  return value instanceof TorchTensor;
}

/** Whether a value is a dict. */
export function isDict(value: PickleValue | undefined): value is ReadonlyMap<PickleValue, PickleValue> {
  return value instanceof Map;
}
