/** Checks for numeric options: `where: option must be ..., got ...`. Each throws a RangeError. */

/** Accepts a number >= 0, including `Infinity`. */
export function checkAmount(where: string, option: string, value: number): void {
  check(value >= 0, where, option, 'a number of at least 0', value);
}

/** Accepts a finite number >= 0. */
export function checkFiniteAmount(where: string, option: string, value: number): void {
  check(value >= 0 && Number.isFinite(value), where, option, 'a finite number of at least 0', value);
}

/** Accepts a number > 0, including `Infinity`. */
export function checkPositive(where: string, option: string, value: number): void {
  check(value > 0, where, option, 'a number greater than 0', value);
}

/** Accepts an integer >= 1. */
export function checkCount(where: string, option: string, value: number): void {
  check(Number.isSafeInteger(value) && value >= 1, where, option, 'a positive integer', value);
}

/** Accepts an integer >= 0. */
export function checkWhole(where: string, option: string, value: number): void {
  check(Number.isSafeInteger(value) && value >= 0, where, option, 'an integer of at least 0', value);
}

/** Accepts an integer >= 0, or `Infinity` for no limit. */
export function checkLimit(where: string, option: string, value: number): void {
  const ok = value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY);
  check(ok, where, option, 'an integer of at least 0 or Infinity', value);
}

/** Accepts an integer. Checkpoints store seeds and could not read back NaN or 0.5. */
export function checkSeed(where: string, value: number): void {
  check(Number.isSafeInteger(value), where, 'seed', 'an integer', value);
}

function check(ok: boolean, where: string, option: string, what: string, value: number): void {
  if (!ok) throw new RangeError(`${where}: ${option} must be ${what}, got ${value}`);
}
