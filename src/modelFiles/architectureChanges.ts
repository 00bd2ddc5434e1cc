import { snakeCase } from '../base/camelCase.js';
import type { ModelConfig } from '../config/types.js';

/**
 * One phrase for each architecture key that differs.
 * @param other names the configuration `before` in the phrases: `was` or `there`
 */
export function architectureChanges(before: ModelConfig, now: ModelConfig, other: string): string[] {
  const keys = Object.keys(now) as (keyof ModelConfig)[];
  return keys
    .filter((key) => before[key] !== now[key])
    .map((key) => `${snakeCase(key)} ${now[key]} (${other} ${before[key]})`);
}
