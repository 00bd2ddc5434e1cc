/** A mixture of discretised logistics for every colour of every pixel. */
import { softClamp } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import { draws } from '../random.js';
import {
  clampedMeans,
  discretizedLogistic,
  logistics,
  rescale,
  standardLogistic,
} from './discretizedLogistic.js';
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
import type { OutputConfig } from './outputConfig.js';
import type { OutputDistribution } from './outputDistribution.js';

interface Components {
  readonly logits: tf.Tensor2D;
  readonly mu: tf.Tensor2D;
  readonly logScale: tf.Tensor2D;
}

function components(parameters: tf.Tensor4D, colours: number): Components {
  const { logits, means, logScales } = splitMixture(parameters, colours);
  return { logits: softClamp(logits), ...logistics(means, logScales) };
}

/**
 * Log probability `[N]` of the colours x `[N]` in [0, 1], from raw parameters `[N, 3 k]`. Differentiable in the parameters.
 */
export const logisticMixtureLogProb = mixtureLogProb(
  'LogisticMixtureLogProb',
  (means, logScales, x, attributes) => {
    const { mu, logScale } = logistics(means, logScales);
    const centred = tf.sub(tf.sub(tf.mul(x, 2), 1), mu) as tf.Tensor2D;
    return discretizedLogistic(centred, logScale, x, attributes);
  },
);

/** Mean `[N]` on the scale 0 to 1, from raw parameters `[N, 3 k]`. Differentiable. */
export const logisticMixtureMean = mixtureMean('LogisticMixtureMean', (means) =>
  rescale(clampedMeans(means)),
);

export function logisticMixture(
  parameters: tf.Tensor4D,
  { imageChannels: colours, normalizedLikelihood: normalized }: OutputConfig,
): OutputDistribution {
  const image = (values: tf.Tensor) => asImage(values, parameters, colours);
  return {
    logProb: (x) => {
      const rows = mixtureRows(parameters, colours);
      return image(logisticMixtureLogProb(rows, tf.reshape(x, [-1]), { normalized }));
    },
    mean: () => image(logisticMixtureMean(mixtureRows(parameters, colours))),
    mostLikelyValue: () => {
      const { mu } = components(parameters, colours);
      return image(rescale(chooseComponent(mu, likeliestComponent(parameters, colours))));
    },
    sample: (noise) => {
      const parts = components(parameters, colours);
      const uniform = noise.uniform(draws.outputValue, parts.mu.shape) as tf.Tensor2D;
      const component = drawComponent(parts.logits, noise);
      return image(rescale(logisticMixtureValue(parts, component, uniform)));
    },
  };
}

/** Returns mu + scale * log(u / (1 - u)) of the chosen component, `[N]`; the uniform noise `[N, k]` covers every component. */
function logisticMixtureValue(parts: Components, component: tf.Tensor1D, uniform: tf.Tensor2D): tf.Tensor1D {
  const logistic = standardLogistic(uniform);
  const values = tf.add(parts.mu, tf.mul(tf.exp(parts.logScale), logistic)) as tf.Tensor2D;
  return chooseComponent(values, component);
}
