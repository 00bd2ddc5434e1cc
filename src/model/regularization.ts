/**
 * Keeps the network smooth: the largest |gamma| of every batch normalisation and an estimate of the squared largest
 * singular value of the convolutions of all cells and of the samplers.
 */
import * as tf from '../engine/tf.js';
import { withoutGradient } from './distributions/mixture.js';
import type { SpectralLayer } from './layers/convolution.js';
import type { WeightNormPlan } from './layers/weightNormConvolution.js';
import { weightNormWeight } from './layers/weightNormConvolution.js';
import type { Pass } from './pass.js';
import type { ModelPlan } from './plan.js';
import { cellsOf } from './plan.js';
import type { Noise } from './random.js';
import { draws } from './random.js';

/** Norms are never divided by less than this. */
const smallestNorm = 1e-3;

/** The sum of all terms, a scalar, before its constant. */
export function regularization(pass: Pass, plan: ModelPlan, noise: Noise): tf.Scalar {
  const cells = cellsOf(plan);
  const gammas = cells
    .flatMap((cell) => cell.batchNorms)
    .map(({ name }) => {
      return largestMagnitude(pass.store.parameter(`${name}.weight`) as tf.Tensor1D);
    });
  const convolutions = cells
    .flatMap((cell) => cell.spectral)
    .map((layer) => {
      return spectralTerm(pass.store.parameter(`${layer.name}.weight`), layer, noise);
    });
  const samplers = samplersOf(plan).map((layer) => {
    return spectralTerm(weightNormWeight(pass, layer), weightNormSpectral(layer), noise);
  });
  return tf.sum(tf.stack([...gammas, ...convolutions, ...samplers]));
}

function weightNormSpectral({ name, kernel, inChannels, outChannels }: WeightNormPlan): SpectralLayer {
  return { name, layout: 'convolution', shape: [kernel, kernel, inChannels, outChannels] };
}

function samplersOf({ groups }: ModelPlan): WeightNormPlan[] {
  const encoders = groups.map((group) => group.encoderSampler);
  const decoders = groups.map((group) => group.decoderSampler);
  return [...encoders, ...decoders].filter((layer) => layer !== null);
}

/** max |gamma|; where several are the largest, they share the gradient equally. */
export function largestMagnitude(gamma: tf.Tensor1D): tf.Scalar {
  const size = tf.abs(gamma);
  const constant = withoutGradient(size);
  const isLargest = tf.cast(tf.greaterEqual(constant, tf.max(constant)), 'float32');
  return tf.sum(tf.mul(size, tf.div(isLargest, tf.sum(isLargest))));
}

/**
 * One step of the power method from a random vector: with W the weight as a matrix `[out, in * k * k]`,
 * v1 = W'W v0 / ||W'W v0||, the term is ||W v1||^2. The gradient goes through all of it.
 */
export function spectralTerm(
  weight: tf.Tensor,
  { name, layout, shape }: SpectralLayer,
  noise: Noise,
): tf.Scalar {
  const [height = 1, width = 1] = shape;
  const inputs = layout === 'depthwise' ? 1 : (shape[2] ?? 1);
  const transposed = tf.reshape(weight, [height * width * inputs, -1]) as tf.Tensor2D; // W', [k * k * in, out]
  const v0 = unit(startVector(noise, name, height, width, inputs));
  const v1 = unit(tf.matMul(transposed, tf.matMul(transposed, v0, true)));
  return tf.sum(tf.square(tf.matMul(transposed, v1, true)));
}

/** Standard normal `[k * k * in, 1]` in the order of our weights; drawn in PyTorch's order, input channel first. */
function startVector(
  noise: Noise,
  layer: string,
  height: number,
  width: number,
  inputs: number,
): tf.Tensor2D {
  const drawn = noise.normal(draws.spectral(layer), [inputs * height * width]);
  const ordered = tf.transpose(tf.reshape(drawn, [inputs, height * width])); // [k * k, in]
  return tf.reshape(ordered, [-1, 1]);
}

function unit(v: tf.Tensor2D): tf.Tensor2D {
  return tf.div(v, tf.maximum(tf.sqrt(tf.sum(tf.square(v))), smallestNorm));
}
