/** A mixture of normal distributions for every colour of every pixel. */
import { softClamp } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import { draws } from '../random.js';
import {
  asImage,
  chooseComponent,
  drawComponent,
  likeliestComponent,
  mixtureLogProb,
  mixtureMean,
  mixtureRows,
  splitMixture,
} from './mixture.js';
import { drawNormal, normalLogDensity, sigmaFloor } from './normal.js';
import type { OutputConfig } from './outputConfig.js';
import type { OutputDistribution } from './outputDistribution.js';

interface Components {
  readonly logits: tf.Tensor2D;
  readonly mu: tf.Tensor2D;
  readonly sigma: tf.Tensor2D;
}

/** Converts raw means and log scales `[N, k]` to means and standard deviations. */
function normals(means: tf.Tensor2D, logScales: tf.Tensor2D) {
  const sigma: tf.Tensor2D = tf.add(tf.exp(softClamp(logScales)), sigmaFloor);
  return { mu: softClamp(means), sigma };
}

function components(parameters: tf.Tensor4D, colours: number): Components {
  const { logits, means, logScales } = splitMixture(parameters, colours);
  return { logits: softClamp(logits), ...normals(means, logScales) };
}

/** Log density `[N]` of the colours x `[N]` in [0, 1], from raw parameters `[N, 3 k]`. Differentiable in the parameters. */
export const gaussianMixtureLogProb = mixtureLogProb(
  'GaussianMixtureLogProb',
  (means, logScales, x) => normalLogDensity(normals(means, logScales), x) as tf.Tensor2D,
);

/** Mean `[N]` from raw parameters `[N, 3 k]`. Differentiable. */
export const gaussianMixtureMean = mixtureMean('GaussianMixtureMean', softClamp);

export function gaussianMixture(
  parameters: tf.Tensor4D,
  { imageChannels: colours }: OutputConfig,
): OutputDistribution {
  const image = (values: tf.Tensor) => asImage(values, parameters, colours);
  return {
    logProb: (x) => image(gaussianMixtureLogProb(mixtureRows(parameters, colours), tf.reshape(x, [-1]))),
    mean: () => image(gaussianMixtureMean(mixtureRows(parameters, colours))),
    mostLikelyValue: () => {
      const { mu } = components(parameters, colours);
      return image(chooseComponent(mu, likeliestComponent(parameters, colours)));
    },
    sample: (noise) => {
      const { logits, mu, sigma } = components(parameters, colours);
      const values = noise.normal(draws.outputValue, mu.shape);
      return image(
        gaussianMixtureValue({ logits, mu, sigma }, drawComponent(logits, noise), values as tf.Tensor2D),
      );
    },
  };
}

/** Returns mu + sigma * noise of the chosen component, `[N]`; the noise `[N, k]` covers every component. */
function gaussianMixtureValue(parts: Components, component: tf.Tensor1D, noise: tf.Tensor2D): tf.Tensor1D {
  return chooseComponent(drawNormal(parts, noise) as tf.Tensor2D, component);
}
