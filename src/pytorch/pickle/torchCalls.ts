/** What the calls in a pickle mean: storages and tensors, checked before anything relies on them. */
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { damaged } from '../damaged.js';
import { itemSizes, TorchStorage, TorchTensor } from '../torchTensor.js';
import { describeItem } from './describeItem.js';
import type { Item, TupleItem } from './items.js';
import { PickleGlobal } from './items.js';

/** PyTorch's own limit. */
const mostAxes = 64;

/** A tuple, and whether it has no floats. */
export interface Arguments {
  readonly items: readonly TupleItem[];
  readonly hasFloat: boolean;
}

/** Looks a tuple of the stack up; undefined for anything else. */
export type AsTuple = (item: Item | undefined) => Arguments | undefined;

/**
 * The storage of a persistent id, `("storage", kind, key, location, length)`; the old format has a sixth item, None. The location (a
 * device) is not needed.
 */
export function storageFrom(tuple: Arguments | undefined, where: string): TorchStorage {
  const [tag, kind, key, location, length, view] = tuple?.items ?? [];
  const count = tuple?.items.length ?? 0;
  if (tag !== 'storage' || count < 5 || count > 6 || typeof location !== 'string') {
    throw damaged(where, 'its pickle has a persistent id that is no storage');
  }
  if (!(kind instanceof PickleGlobal) || typeof kind.meaning === 'string') {
    throw damaged(where, `expected a kind of storage, got ${describeItem(kind)}`);
  }
  if (typeof key !== 'string' || !/^\d{1,20}$/.test(key)) {
    throw damaged(where, `expected a storage named by digits, got ${describeItem(key)}`);
  }
  const { storageOf } = kind.meaning;
  if (tuple?.hasFloat || !isCount(length) || !isCount(length * itemSizes[storageOf])) {
    throw damaged(where, `storage ${key}: expected a number of values, got ${describeItem(length)}`);
  }
  if (view !== undefined && view !== null) {
    throw new CheckpointError(
      where,
      `storage ${key} is a view of another storage, as PyTorch before 0.4 wrote; load and save the file with a newer PyTorch`,
    );
  }
  return new TorchStorage(storageOf, key, length);
}

/** A tensor, `_rebuild_tensor_v2(storage, offset, size, strides, requires_grad, hooks[, metadata])`. */
export function tensorFrom({ items, hasFloat }: Arguments, asTuple: AsTuple, where: string): TorchTensor {
  const [storage, offset, size, strides, requiresGrad, hooks, metadata] = items;
  if (items.length < 6 || items.length > 7 || typeof requiresGrad !== 'boolean') {
    throw damaged(where, `expected a tensor of 6 or 7 arguments, got ${items.length}`);
  }
  if (!(storage instanceof TorchStorage)) {
    throw damaged(where, `expected the storage of a tensor, got ${describeItem(storage)}`);
  }
  const name = `a tensor in storage ${storage.key}`;
  const shape = counts(asTuple(size));
  if (!shape) throw damaged(where, `${name}: expected a size of counts, got ${describeItem(size)}`);
  const steps = counts(asTuple(strides));
  if (!steps || steps.length !== shape.length) {
    throw damaged(where, `${name}: expected ${shape.length} strides, got ${describeItem(strides)}`);
  }
  if (hasFloat || !isCount(offset)) {
    throw damaged(where, `${name}: expected an offset, got ${describeItem(offset)}`);
  }
  if (!isCount(shape.reduce((product, count) => product * count, 1))) {
    throw damaged(where, `${name}: its size ${describeItem(shape)} is more than can be counted`);
  }
  if (!(hooks instanceof Map) || hooks.size > 0) {
    throw damaged(where, `${name}: expected no hooks, got ${describeItem(hooks)}`);
  }
  checkMetadata(metadata, name, where);
  const isEmpty = shape.includes(0);
  const last = shape.reduce((sum, count, axis) => sum + (count - 1) * (steps[axis] as number), offset);
  if (isEmpty ? offset > storage.length : !(last < storage.length)) {
    const reach = isEmpty ? `begins at value ${offset}` : `reaches to value ${last}`;
    throw damaged(where, `${name} ${reach}, but the storage has ${storage.length} values`);
  }
  return new TorchTensor(storage, offset, shape, steps);
}

/** A parameter, `_rebuild_parameter(tensor, requires_grad, hooks)`: its tensor. */
export function parameterFrom({ items }: Arguments, where: string): TorchTensor {
  const [tensor, requiresGrad, hooks] = items;
  if (items.length !== 3 || !(tensor instanceof TorchTensor) || typeof requiresGrad !== 'boolean') {
    throw damaged(where, `expected a parameter's tensor, got ${describeItem(tensor)}`);
  }
  if (!(hooks instanceof Map) || hooks.size > 0) {
    throw damaged(where, `a parameter: expected no hooks, got ${describeItem(hooks)}`);
  }
  return tensor;
}

/** PyTorch's metadata say that the values are to be negated or conjugated; there is nothing else that could be ignored. */
function checkMetadata(metadata: TupleItem | undefined, name: string, where: string): void {
  if (metadata === undefined || metadata === null) return;
  if (metadata instanceof Map && [...metadata.values()].every((value) => value === false)) return;
  const problem = `${name} is a lazy view (negated or conjugated); save tensor.resolve_neg() instead`;
  throw new CheckpointError(where, problem);
}

function counts(tuple: Arguments | undefined): readonly number[] | null {
  if (!tuple || tuple.hasFloat || tuple.items.length > mostAxes) return null;
  return tuple.items.every(isCount) ? tuple.items : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
