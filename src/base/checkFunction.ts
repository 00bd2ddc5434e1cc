import { describeValue } from './messageText.js';

/** @throws TypeError when an option is set but is not a function */
export function checkFunction(where: string, option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  throw new TypeError(`${where}: ${option} must be a function, got ${describeValue(value)}`);
}
