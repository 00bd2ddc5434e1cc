import { dump } from 'js-yaml';
import { fileContent } from './fileContent.js';
import type { NvaeConfig } from './types.js';

/**
 * Returns a configuration as the text of a file: all keys with their values, for `parseConfig` and for the PyTorch implementation,
 * which ignores the keys that it does not know. The name is not in the text; it is that of the file.
 * @param config a configuration
 * @example
 * const config = await loadConfig('demo', { overrides: ['training_parameters.epochs=100'] });
 * await writeFile('model_configs/long.yaml', formatConfig(config));
 */
export function formatConfig({ model, training }: NvaeConfig): string {
  return dump(fileContent(model, training), { lineWidth: -1 });
}
