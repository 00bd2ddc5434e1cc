/**
 * Keeps the network smooth: the largest |gamma| of every batch normalisation and an estimate of the squared largest
 * singular value of the convolutions of all cells and of the samplers.
 */
import * as tf from '../engine/tf.js';
import type { Save } from './constants.js';
import { asConstant } from './constants.js';
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
  const share = asConstant(gamma, (constant) => {
    const size = tf.abs(constant);
    const isLargest = tf.cast(tf.equal(size, tf.max(size)), 'float32');
    return tf.div(tf.mul(isLargest, tf.sign(constant)), tf.sum(isLargest)) as tf.Tensor1D;
  });
  return tf.sum(tf.mul(gamma, share));
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
  const transposed = tf.reshape(weight, [height * width * inputs, -1]); // W', [k * k * in, out]
  return squaredNorm(transposed, unit(startVector(noise, name, height, width, inputs)));
}

/**
 * ||W v1||^2 from M = W' `[n, out]` and v0 `[n, 1]`, with its gradient in M in closed form: the tape would go through three
 * outer products as large as the weight, here they are one product of `[n, 3]` and `[3, out]`.
 */
function squaredNorm(transposed: tf.Tensor, v0: tf.Tensor2D): tf.Scalar {
  const operation = tf.customGrad((input, save) => {
    const m = input as tf.Tensor2D;
    const a = tf.matMul(m, v0, true); // W v0, [out, 1]
    const u = tf.matMul(m, a); // W' W v0, [n, 1]
    const norm = tf.sqrt(tf.sum(tf.square(u)));
    const divisor = tf.maximum(norm, smallestNorm);
    const v1: tf.Tensor2D = tf.div(u, divisor);
    const b = tf.matMul(m, v1, true); // W v1, [out, 1]
    (save as Save)([m, v0, a, v1, b, norm, divisor]);
    return { value: tf.sum(tf.square(b)), gradFunc: gradientOfSquaredNorm };
  });
  return operation(transposed) as tf.Scalar;
}

type Matrices = [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];

function gradientOfSquaredNorm(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor2D {
  const [m, v0, a, v1, b] = saved as Matrices;
  const [norm, divisor] = saved.slice(5) as [tf.Scalar, tf.Scalar];
  const db: tf.Tensor2D = tf.mul(b, tf.mul(dy, 2));
  const dv1 = tf.matMul(m, db);
  // Through v1 = u / ||u||; where ||u|| is held at the smallest norm, v1 is linear in u.
  const isFree = tf.cast(tf.greaterEqual(norm, smallestNorm), 'float32');
  const along = tf.mul(v1, tf.mul(isFree, tf.sum(tf.mul(v1, dv1))));
  const du: tf.Tensor2D = tf.div(tf.sub(dv1, along), divisor);
  const da = tf.matMul(m, du, true);
  return tf.matMul(tf.concat([v1, du, v0], 1), tf.concat([db, a, da], 1), false, true);
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
