import { describePickleValue } from '../describePickleValue.js';
import { TorchStorage } from '../torchTensor.js';
import { type Item, PickleFloat, PickleGlobal } from './items.js';

/** Describes an item of the stack in a few words for a message. */
export function describeItem(item: Item | undefined): string {
  if (item instanceof PickleFloat) return `the float ${item.value}`;
  if (item instanceof PickleGlobal) return item.text;
  if (item instanceof TorchStorage) return `storage ${item.key}`;
  return describePickleValue(item);
}
