import { loadConfig } from '../config/loadConfig.js';
import type { NvaeConfig } from '../config/types.js';

/**
 * The configuration that a caller gave, if any.
 * @throws ConfigError when there is none of this name, or it is invalid
 */
export async function givenConfig({
  config,
}: {
  readonly config?: NvaeConfig | string;
}): Promise<NvaeConfig | undefined> {
  return typeof config === 'string' ? loadConfig(config) : config;
}
