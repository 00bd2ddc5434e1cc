/** What a configuration says about the output distribution. */
import type { ModelConfig } from '../../config/types.js';

/** The keys of a model that choose its output distribution. */
export type OutputConfig = Pick<ModelConfig, 'samplingMethod' | 'nMix' | 'imageChannels'>;

/** Returns the number of raw parameters per pixel. */
export function outputChannels({ samplingMethod, nMix, imageChannels }: OutputConfig): number {
  return imageChannels * (samplingMethod === 'gaussian' ? 2 : 3 * nMix);
}
