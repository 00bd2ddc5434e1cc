/** Whether the current work stores and multiplies in bfloat16. Read by src/engine/gradients and the native kernels. */

let on = false;

/** Runs `work` with or without half precision. Calls can be nested; `work` is synchronous. */
export function withHalfPrecision<T>(wanted: boolean, work: () => T): T {
  const before = on;
  on = wanted;
  try {
    return work();
  } finally {
    on = before;
  }
}

export function isHalfPrecision(): boolean {
  return on;
}

/** Smaller tensors are not rounded, because that would save little memory. */
const leastElements = 1024;

/** Whether tensors of this shape are stored as bfloat16: features and filters. Statistics, likelihoods and losses have fewer dimensions. */
export function isRoundable(shape: readonly number[]): boolean {
  return shape.length === 4 && shape.reduce((product, size) => product * size, 1) >= leastElements;
}
