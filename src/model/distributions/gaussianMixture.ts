/** A mixture of Normals for every colour of every pixel. */
import * as tf from '../../engine/tf.js';
import { drawNormal, normalLogDensity, sigmaFloor, softClamp } from '../normal.js';
import { draws } from '../random.js';
import type { MixtureParameters } from './mixture.js';
import {
  chooseComponent,
  drawComponent,
  likeliestComponent,
  mixtureLogProb,
  mixtureMean,
  splitMixture,
} from './mixture.js';
import type { OutputDistribution } from './outputDistribution.js';

interface Components {
  readonly logits: tf.Tensor2D;
  readonly mu: tf.Tensor2D;
  readonly sigma: tf.Tensor2D;
}

function components({ logits, means, logScales }: MixtureParameters): Components {
  const sigma = tf.add(tf.exp(softClamp(logScales)), sigmaFloor) as tf.Tensor2D;
  return { logits: softClamp(logits), mu: softClamp(means), sigma };
}

export function gaussianMixture(parameters: tf.Tensor4D): OutputDistribution {
  const raw = splitMixture(parameters);
  const image = (values: tf.Tensor): tf.Tensor4D => tf.reshape(values, raw.imageShape);
  return {
    logProb: (x) => {
      const { logits, mu, sigma } = components(raw);
      const densities = normalLogDensity({ mu, sigma }, tf.reshape(x, [-1, 1])) as tf.Tensor2D;
      return image(mixtureLogProb(logits, densities));
    },
    mean: () => {
      const { logits, mu } = components(raw);
      return image(mixtureMean(logits, mu));
    },
    mostLikelyValue: () => {
      const { logits, mu } = components(raw);
      return image(chooseComponent(mu, likeliestComponent(logits)));
    },
    sample: (noise) => {
      const { logits, mu, sigma } = components(raw);
      const values = noise.normal(draws.outputValue, mu.shape);
      return image(
        gaussianMixtureValue({ logits, mu, sigma }, drawComponent(logits, noise), values as tf.Tensor2D),
      );
    },
  };
}

/** The chosen component's mu + sigma * noise, `[N]`; there is noise `[N, k]` for every component. */
function gaussianMixtureValue(parts: Components, component: tf.Tensor1D, noise: tf.Tensor2D): tf.Tensor1D {
  return chooseComponent(drawNormal(parts, noise) as tf.Tensor2D, component);
}
