/** Checks of numbers that are given as options: `where: option must be ..., got ...`. Each throws a RangeError. */

/** A number of at least 0; `Infinity` is one. */
export function checkAmount(where: string, option: string, value: number): void {
  check(value >= 0, where, option, 'a number of at least 0', value);
}

/** A finite number of at least 0. */
export function checkFiniteAmount(where: string, option: string, value: number): void {
  check(value >= 0 && Number.isFinite(value), where, option, 'a finite number of at least 0', value);
}

/** A number greater than 0; `Infinity` is one. */
export function checkPositive(where: string, option: string, value: number): void {
  check(value > 0, where, option, 'a number greater than 0', value);
}

/** An integer of at least 1. */
export function checkCount(where: string, option: string, value: number): void {
  check(Number.isSafeInteger(value) && value >= 1, where, option, 'a positive integer', value);
}

/** An integer of at least 0. */
export function checkWhole(where: string, option: string, value: number): void {
  check(Number.isSafeInteger(value) && value >= 0, where, option, 'an integer of at least 0', value);
}

/** An integer of at least 0, or `Infinity` for no limit. */
export function checkLimit(where: string, option: string, value: number): void {
  const ok = value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY);
  check(ok, where, option, 'an integer of at least 0 or Infinity', value);
}

/** An integer. Checkpoints keep seeds, and NaN or 0.5 could not be read back. */
export function checkSeed(where: string, value: number): void {
  check(Number.isSafeInteger(value), where, 'seed', 'an integer', value);
}

function check(ok: boolean, where: string, option: string, what: string, value: number): void {
  if (!ok) throw new RangeError(`${where}: ${option} must be ${what}, got ${value}`);
}
