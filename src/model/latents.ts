/** Prior and posterior of one latent group, draws from them, and the KL. */
import * as tf from '../engine/tf.js';
import type { Normal } from './distributions/normal.js';
import { drawNormal, normalFromParameters, normalKl, normalLogDensity } from './distributions/normal.js';
import { flow } from './layers/flow.js';
import { weightNormConvolution } from './layers/weightNormConvolution.js';
import type { Pass } from './pass.js';
import type { LatentGroupPlan, ModelPlan } from './plan.js';
import type { Noise } from './random.js';
import { draws } from './random.js';

/** Computes raw prior parameters `[B, size, size, 2 K]` from the decoder's features; zeros at level 0. */
function priorParameters(pass: Pass, group: LatentGroupPlan, features: tf.Tensor4D): tf.Tensor4D {
  if (group.decoderSampler) return weightNormConvolution(pass, group.decoderSampler, tf.elu(features));
  // unlike tf.zeros, tf.fill creates the tensor on the device
  return tf.fill([features.shape[0], group.size, group.size, 2 * group.latentSize], 0);
}

/** Computes raw posterior parameters, relative to the prior's, from the features of encoder and decoder. */
function posteriorOffset(
  pass: Pass,
  group: LatentGroupPlan,
  encoded: tf.Tensor4D,
  features: tf.Tensor4D,
): tf.Tensor4D {
  let mixed: tf.Tensor4D;
  if (group.level === 0) {
    const activated: tf.Tensor4D = tf.elu(encoded);
    mixed = tf.elu(weightNormConvolution(pass, group.encoderMixer, activated));
  } else {
    mixed = tf.add(encoded, weightNormConvolution(pass, group.encoderMixer, features));
  }
  return weightNormConvolution(pass, group.encoderSampler, mixed);
}

/** The part of a source of random numbers that latents need. */
export type LatentNoise = Pick<Noise, 'normal'>;

export interface PosteriorDraw {
  readonly prior: Normal;
  readonly posterior: Normal;
  /** Drawn from the posterior, before the flow. */
  readonly z: tf.Tensor4D;
}

/**
 * Draws a group's latent from its posterior. This is the residual normal distribution of NVAE (section 3.2, equation 2): the encoder gives
 * the posterior relative to the prior. With a prior N(mu, sigma), the posterior is N(mu + dMu, sigma * dSigma), since the raw parameters, means and
 * log sigmas, add up. What moves the prior alone moves the posterior with it, and an encoder that says nothing (dMu 0, dSigma 1) makes
 * the KL 0. The soft clamp and the floor of sigma, as in the reference, come after the sum: beyond about 1, values deviate from the formula.
 */
export function drawPosterior(
  pass: Pass,
  group: LatentGroupPlan,
  encoded: tf.Tensor4D,
  features: tf.Tensor4D,
  noise: LatentNoise,
): PosteriorDraw {
  const priorRaw = tf.tidy(() => priorParameters(pass, group, features));
  const posteriorRaw = tf.tidy(() => tf.add(posteriorOffset(pass, group, encoded, features), priorRaw));
  const posterior = normalFromParameters(posteriorRaw);
  const z = drawNormal(posterior, latentNoise(group, features.shape[0], noise)) as tf.Tensor4D;
  return { prior: normalFromParameters(priorRaw), posterior, z };
}

/** Draws a group's latent from its prior at a temperature, and applies the flow if the configuration has fixed flows. */
export function drawPrior(
  pass: Pass,
  plan: ModelPlan,
  group: LatentGroupPlan,
  features: tf.Tensor4D,
  noise: Noise,
  temperature: number,
): tf.Tensor4D {
  const prior = normalFromParameters(priorParameters(pass, group, features), temperature);
  const z = drawNormal(prior, latentNoise(group, features.shape[0], noise)) as tf.Tensor4D;
  return plan.config.fixedFlows ? flow(pass, group.flow, z) : z;
}

function latentNoise(group: LatentGroupPlan, batch: number, noise: LatentNoise): tf.Tensor {
  return noise.normal(draws.latent(group.level), [batch, group.size, group.size, group.latentSize]);
}

/**
 * Computes a group's KL per image `[B]` from the latent before and after the flow. With fixed flows this is the closed form
 * for two normal distributions; otherwise it is log q(z) - log p(flow(z)) of the single draw, which can be negative.
 */
export function latentKl(plan: ModelPlan, draw: PosteriorDraw, flowed: tf.Tensor4D): tf.Tensor1D {
  const { prior, posterior, z } = draw;
  const elements = plan.config.fixedFlows
    ? normalKl(posterior, prior)
    : tf.sub(normalLogDensity(posterior, z), normalLogDensity(prior, flowed));
  return tf.sum(elements, [1, 2, 3]);
}

/** Log densities of one draw per image, `[B]` each. */
export interface LatentLogDensities {
  /** Of the latent under its posterior. */
  readonly logQ: tf.Tensor1D;
  /** Under its prior: of the latent after a free flow, which belongs to the posterior, or before a fixed one, which belongs to the decoder. */
  readonly logPrior: tf.Tensor1D;
}

/** Computes the log densities of a group's latent before and after the flow. */
export function latentLogDensities(
  plan: ModelPlan,
  { prior, posterior, z }: PosteriorDraw,
  flowed: tf.Tensor4D,
): LatentLogDensities {
  return {
    logQ: tf.sum(normalLogDensity(posterior, z), [1, 2, 3]),
    logPrior: tf.sum(normalLogDensity(prior, plan.config.fixedFlows ? z : flowed), [1, 2, 3]),
  };
}
