/** Checks of numbers that are given as options. Each message names who was given what. */

/** @throws RangeError when the option is no number of at least 0; infinity is one. */
export function checkAmount(where: string, option: string, value: number): void {
  if (value >= 0) return;
  throw new RangeError(`${where}: ${option} must be a number of at least 0, got ${value}`);
}

/** @throws RangeError when the option is no integer of at least 0; infinity is one. */
export function checkTimes(where: string, option: string, value: number): void {
  if (value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return;
  throw new RangeError(`${where}: ${option} must be an integer of at least 0, got ${value}`);
}

/** @throws RangeError when the option is no integer of at least 1; infinity is none. */
export function checkCount(where: string, option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`${where}: ${option} must be a positive integer, got ${value}`);
}

/** @throws RangeError when a seed is no integer: checkpoints keep it, and NaN or 0.5 could not be read back. */
export function checkSeed(where: string, value: number): void {
  if (Number.isSafeInteger(value)) return;
  throw new RangeError(`${where}: seed must be an integer, got ${value}`);
}
