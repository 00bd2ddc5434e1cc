/** What `torch.save` is to save, as plain values. */

/** A value as Python has it. A number is always a float, a bigint an int, an array a list, and a Map a dict. */
export type PickleContent =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PickleContent[]
  | ReadonlyMap<string | bigint, PickleContent>
  | Tuple
  | OrderedDict
  | TensorContent;

/** A tuple. */
export class Tuple {
  constructor(readonly items: readonly PickleContent[]) {}
}

/** An `OrderedDict`, as the `state_dict` of a module is. */
export class OrderedDict {
  constructor(readonly entries: ReadonlyMap<string, PickleContent>) {}
}

/** A contiguous tensor on the CPU with a storage of its own. */
export class TensorContent {
  /**
   * @param shape `[]` for a scalar
   * @param data row-major; 64-bit integers as `BigInt64Array`
   */
  constructor(
    readonly shape: readonly number[],
    readonly data: Float32Array | BigInt64Array,
  ) {}
}
