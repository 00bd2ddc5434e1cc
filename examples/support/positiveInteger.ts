/** Parses an option that must be a positive integer. */
export function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`--${option}: expected a positive integer, got ${text}`);
}
