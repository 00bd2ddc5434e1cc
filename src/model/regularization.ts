/**
 * Keeps the network smooth. The terms are the largest |gamma| of every batch normalisation and an estimate of the squared
 * largest singular value of the convolutions of all cells and of the samplers.
 */
import { largestMagnitudes, type SpectralWeight, spectralPenalties } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import type { SpectralLayer } from './layers/convolution.js';
import type { WeightNormPlan } from './layers/weightNormConvolution.js';
import { weightNormWeight } from './layers/weightNormConvolution.js';
import type { Pass } from './pass.js';
import type { ModelPlan } from './plan.js';
import { cellsOf } from './plan.js';
import type { Noise } from './random.js';
import { draws } from './random.js';

/** Returns the sum of all terms, a scalar, before it is multiplied by its constant. */
export function regularization(pass: Pass, plan: ModelPlan, noise: Noise): tf.Scalar {
  const cells = cellsOf(plan);
  const gammas = cells
    .flatMap((cell) => cell.batchNorms)
    .map(({ name }) => pass.store.parameter(`${name}.weight`));
  const convolutions = cells
    .flatMap((cell) => cell.spectral)
    .map((layer) => spectralWeight(pass.store.parameter(`${layer.name}.weight`), layer, noise));
  const samplers = samplersOf(plan).map((layer) =>
    spectralWeight(weightNormWeight(pass, layer), weightNormSpectral(layer), noise),
  );
  return tf.add(largestMagnitudes(gammas), spectralPenalties([...convolutions, ...samplers]));
}

function weightNormSpectral({ name, kernel, inChannels, outChannels }: WeightNormPlan): SpectralLayer {
  return { name, layout: 'convolution', shape: [kernel, kernel, inChannels, outChannels] };
}

/** Returns the layers that produce the raw parameters of priors and posteriors. */
export function samplersOf({ groups }: ModelPlan): WeightNormPlan[] {
  const encoders = groups.map((group) => group.encoderSampler);
  const decoders = groups.map((group) => group.decoderSampler);
  return [...encoders, ...decoders].filter((layer) => layer !== null);
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
