import { describeValue, printable } from '../base/messageText.js';
import { isDict, isTensor, type PickleValue } from './pickleValue.js';

/** Describes any value in a few words for a message, whatever it contains; `nothing` for undefined. */
export function describePickleValue(value: PickleValue | undefined): string {
  if (isTensor(value)) return `a ${value.kind} tensor of shape ${describeValue(value.shape)}`;
  if (isDict(value)) return `a dict of ${value.size}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  // A bigint may have hundreds of digits; `describeValue` cuts texts and numbers.
  return printable(describeValue(value));
}
