/** What is on the stack of a pickle while it is read. */
import type { PickleValue } from '../pickleValue.js';
import type { TorchStorage } from '../torchTensor.js';
import type { Meaning } from './globals.js';

/** A number that was written as a float. Its own class, because a size of 4.0 is not a size. */
export class PickleFloat {
  constructor(readonly value: number) {}
}

/** A name that a pickle may contain. */
export class PickleGlobal {
  constructor(
    readonly meaning: Meaning,
    /** For messages. */
    readonly text: string,
  ) {}
}

/** A tuple of the stack. In the content it is its array. */
export interface TupleNotes {
  /** Whether one of its items was written as a float. */
  readonly hasFloat: boolean;
  /** Whether it holds, at any depth, what cannot be part of the content: a name or a storage. */
  readonly isInternal: boolean;
}

/** An item of a tuple; floats are numbers there. */
export type TupleItem = PickleValue | PickleGlobal | TorchStorage;

export type Item = TupleItem | PickleFloat;
