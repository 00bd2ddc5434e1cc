/** Tensors of a PyTorch file: where their values are in it. Nothing here holds values. */

/** Bytes of one value, by the names of PyTorch's types. */
export const itemSizes = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;

/** The type of a tensor's values, as PyTorch calls it. */
export type TensorKind = keyof typeof itemSizes;

/** A block of values in the file. Tensors may share one, and may leave some of its values unused. */
export class TorchStorage {
  constructor(
    readonly kind: TensorKind,
    /** Its name in the file: decimal digits. */
    readonly key: string,
    /** Number of values. */
    readonly length: number,
  ) {}
}

/** A tensor in a PyTorch file. All its values lie within its storage. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    /** Position of the first value in the storage, in values. */
    readonly offset: number,
    /** Size of each axis. Its values may be many more than the file has bytes: strides can be 0. */
    readonly shape: readonly number[],
    /** For each axis: distance of neighbours in the storage, in values. */
    readonly strides: readonly number[],
  ) {}

  /** Type of the values. */
  get kind(): TensorKind {
    return this.storage.kind;
  }
}
