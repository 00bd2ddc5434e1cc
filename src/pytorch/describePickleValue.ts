import { describeValue, printable } from '../base/messageText.js';
import { isDict, isTensor, type PickleValue } from './pickleValue.js';

const mostShown = 5;

/** Describes any value in a few words for a message, whatever it contains; `nothing` for undefined. */
export function describePickleValue(value: PickleValue | undefined): string {
  if (isTensor(value)) return `a ${value.kind} tensor of shape ${describeValue(value.shape)}`;
  if (isDict(value)) return `a dict of ${value.size}`;
  if (Array.isArray(value)) {
    const isShort =
      value.length <= mostShown && value.every((item) => item === null || typeof item !== 'object');
    return isShort ? printable(describeValue(value)) : `a list of ${value.length}`;
  }
  return printable(describeValue(value));
}
