import type { SamplingMethod } from '../../config/types.js';
import * as tf from '../../engine/tf.js';
import { bernoulli } from './bernoulli.js';
import { gaussian } from './gaussian.js';
import { gaussianMixture } from './gaussianMixture.js';
import { jointLogisticMixture } from './jointLogisticMixture.js';
import { logisticMixture } from './logisticMixture.js';
import type { OutputConfig } from './outputConfig.js';
import type { OutputDistribution } from './outputDistribution.js';

const distributions = {
  gaussian,
  gaussian_mixture: gaussianMixture,
  logistic_mixture: (parameters: tf.Tensor4D, config: OutputConfig) =>
    config.jointColours ? jointLogisticMixture(parameters, config) : logisticMixture(parameters, config),
  bernoulli,
} as const satisfies Record<
  SamplingMethod,
  (parameters: tf.Tensor4D, config: OutputConfig) => OutputDistribution
>;

/** Creates the distribution with the raw parameters `[B, H, W, outputChannels]`. The caller owns parameters and results. */
export function distributionOf(config: OutputConfig, parameters: tf.Tensor4D): OutputDistribution {
  const output = distributions[config.samplingMethod](parameters, config);
  return {
    logProb: (x) => tf.tidy(() => output.logProb(x)),
    mean: () => tf.tidy(() => output.mean()),
    mostLikelyValue: () => tf.tidy(() => output.mostLikelyValue()),
    sample: (noise) => tf.tidy(() => output.sample(noise)),
  };
}
