/** What a configuration says about the output distribution. */
import type { ModelConfig } from '../../config/types.js';

/** The keys of a model that choose its output distribution. */
export type OutputConfig = Pick<
  ModelConfig,
  'samplingMethod' | 'nMix' | 'imageChannels' | 'jointColours' | 'normalizedLikelihood'
>;

/** Raw parameters of a component for three colours together: a logit, and per colour a mean, a log scale and a coefficient. */
export const jointParameters = 10;

/** Returns the number of raw parameters per pixel. */
export function outputChannels(config: OutputConfig): number {
  if (config.jointColours) return jointParameters * config.nMix;
  return config.imageChannels * parametersPerColour(config);
}

function parametersPerColour({ samplingMethod, nMix }: OutputConfig): number {
  if (samplingMethod === 'bernoulli') return 1;
  return samplingMethod === 'gaussian' ? 2 : 3 * nMix;
}
