/**
 * Keeps the network smooth. The terms are the largest |gamma| of every batch normalisation and, for the convolutions of all cells and
 * the samplers, either an estimate of the squared largest singular value, or the largest singular value from power iterations that go
 * on from step to step (`SpectralVectors`).
 */
import { largestMagnitudes, type SpectralWeight, spectralPenalties } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import type { SpectralLayer } from './layers/convolution.js';
import type { Pass } from './pass.js';
import type { ModelPlan } from './plan.js';
import { cellsOf } from './plan.js';
import type { Noise } from './random.js';
import { draws } from './random.js';
import { spectralLayers, spectralWeights } from './spectralLayers.js';
import type { SpectralVectors } from './spectralVectors.js';

/**
 * Returns the sum of all terms, a scalar, before it is multiplied by its constant.
 * @param vectors for power iterations; null for the estimate
 */
export function regularization(
  pass: Pass,
  plan: ModelPlan,
  noise: Noise,
  vectors: SpectralVectors | null,
): tf.Scalar {
  const gammas = cellsOf(plan)
    .flatMap((cell) => cell.batchNorms)
    .map(({ name }) => pass.store.parameter(`${name}.weight`));
  const weights = spectralWeights(pass, plan);
  const spectral = vectors
    ? vectors.norms(weights, noise)
    : spectralPenalties(spectralLayers(plan).map((layer, i) => spectralWeight(weights[i]!, layer, noise)));
  return tf.add(largestMagnitudes(gammas), spectral);
}

/** Returns a layer with its random start vector. */
function spectralWeight(
  weight: tf.Tensor,
  { name, layout, shape }: SpectralLayer,
  noise: Noise,
): SpectralWeight {
  const [height = 1, width = 1] = shape;
  const inputs = layout === 'depthwise' ? 1 : (shape[2] ?? 1);
  return { weight, start: noise.normalValues(draws.spectral(name), inputs * height * width), inputs };
}
