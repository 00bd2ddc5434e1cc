/** What a configuration says about the output distribution. */
import type { ModelConfig } from '../../config/types.js';

/** The keys of a model that choose its output distribution. */
export type OutputConfig = Pick<ModelConfig, 'samplingMethod' | 'nMix' | 'imageChannels'>;

/** Returns the number of raw parameters per pixel. */
export function outputChannels(config: OutputConfig): number {
  return config.imageChannels * parametersPerColour(config);
}

function parametersPerColour({ samplingMethod, nMix }: OutputConfig): number {
  if (samplingMethod === 'bernoulli') return 1;
  return samplingMethod === 'gaussian' ? 2 : 3 * nMix;
}
