import type * as tf from '../engine/tf.js';
import type { SpectralLayer } from './layers/convolution.js';
import type { WeightNormPlan } from './layers/weightNormConvolution.js';
import { weightNormWeight } from './layers/weightNormConvolution.js';
import type { Pass } from './pass.js';
import { cellsOf, type ModelPlan } from './plan.js';

/** The convolutions with a spectral term: those of all cells, then the samplers. */
export function spectralLayers(plan: ModelPlan): SpectralLayer[] {
  return [...cellsOf(plan).flatMap((cell) => cell.spectral), ...samplersOf(plan).map(weightNormSpectral)];
}

/** The weights of `spectralLayers`, in the same order; differentiable in the parameters. */
export function spectralWeights(pass: Pass, plan: ModelPlan): tf.Tensor[] {
  const convolutions = cellsOf(plan)
    .flatMap((cell) => cell.spectral)
    .map(({ name }) => pass.store.parameter(`${name}.weight`));
  return [...convolutions, ...samplersOf(plan).map((layer) => weightNormWeight(pass, layer))];
}

/** Returns the layers that produce the raw parameters of priors and posteriors. */
export function samplersOf({ groups }: ModelPlan): WeightNormPlan[] {
  const encoders = groups.map((group) => group.encoderSampler);
  const decoders = groups.map((group) => group.decoderSampler);
  return [...encoders, ...decoders].filter((layer) => layer !== null);
}

function weightNormSpectral({ name, kernel, inChannels, outChannels }: WeightNormPlan): SpectralLayer {
  return { name, layout: 'convolution', shape: [kernel, kernel, inChannels, outChannels] };
}
