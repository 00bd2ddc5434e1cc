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
