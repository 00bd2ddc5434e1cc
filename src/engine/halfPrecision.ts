/** Whether the work that is running keeps and multiplies in bfloat16; src/engine/gradients and the native kernels ask. */

let on = false;

/** Runs `work` in half precision, or not. Scopes may be nested; `work` is synchronous. */
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
