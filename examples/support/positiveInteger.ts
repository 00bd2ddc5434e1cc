/** The value of an option as a number of things. */
export function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`--${option}: expected a positive integer, got ${text}`);
}
