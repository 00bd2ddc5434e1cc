/** @throws RangeError when the option is no number of at least 0; infinity is one. */
export function checkDuration(where: string, option: string, value: number): void {
  if (value >= 0) return;
  throw new RangeError(`${where}: ${option} must be a number of at least 0, got ${value}`);
}

/** @throws RangeError when the option is no integer of at least 0; infinity is one. */
export function checkTimes(where: string, option: string, value: number): void {
  if (value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return;
  throw new RangeError(`${where}: ${option} must be an integer of at least 0, got ${value}`);
}
