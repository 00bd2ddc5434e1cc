import type { SamplingMethod } from '../../src/config/types.js';
import type { OutputConfig } from '../../src/model/distributions/outputConfig.js';

/** An output distribution of three colours with three components. */
export function outputOf(
  samplingMethod: SamplingMethod,
  changes: Omit<Partial<OutputConfig>, 'samplingMethod'> = {},
): OutputConfig {
  return {
    samplingMethod,
    nMix: 3,
    imageChannels: 3,
    jointColours: false,
    normalizedLikelihood: false,
    ...changes,
  };
}
