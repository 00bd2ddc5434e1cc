/** The events of `evaluate`: plain values that can be buffered or written as JSON. */
import type { Binarize, SamplingMethod } from '../../config/types.js';

/** A mean over the images; each image counts once. */
export interface Measure {
  /** The mean over the images. */
  readonly mean: number;
  /** Standard error of the mean: how far another selection of as many images would typically be; null for a single image. */
  readonly standardError: number | null;
}

/** One latent group. */
export interface GroupEvaluation {
  /** Number of the group; group 0 is drawn first. */
  readonly level: number;
  /** Height and width of the latent. */
  readonly size: number;
  /** Channels of the latent. */
  readonly channels: number;
  /** KL of the group, in nats per image. */
  readonly kl: Measure;
  /** Number of latent variables: one per channel and position. */
  readonly units: number;
  /**
   * Number of latent variables that tell images apart: the mean of the posterior, measured from the mean of the prior in
   * standard deviations of the prior, has a variance over the images above 0.01. Null for a single image.
   */
  readonly activeUnits: number | null;
}

/** At the start, and after each draw of a batch. */
export interface EvaluationProgress {
  /** Tells the events apart. */
  readonly type: 'progress';
  /** Images that are done, including skipped ones. */
  readonly images: number;
  /** Number of images to evaluate. */
  readonly total: number;
  /** Images in the running batch; 0 when a batch is done. */
  readonly batchImages: number;
  /** Draws that are done for the running batch. */
  readonly draws: number;
  /** Draws per image. */
  readonly samples: number;
  /** Seconds since the images were listed. */
  readonly seconds: number;
  /** Bits per dimension of the images so far; null before the first batch is done. */
  readonly bitsPerDimension: number | null;
}

/**
 * The result, the last event. Values are in nats per image unless stated otherwise. Those with `Mass` use the probability of the
 * 8-bit values, and models with different output distributions can be compared by them. Those without use the likelihood of
 * training, which is a density for `gaussian` and `gaussian_mixture`, and the same for a model with `normalizedLikelihood`.
 */
export interface EvaluationResult {
  /** Tells the events apart. */
  readonly type: 'result';
  /** Number of images that were evaluated. */
  readonly images: number;
  /** Number of images that were skipped, since they could not be read. */
  readonly skipped: number;
  /** Number of images to evaluate. */
  readonly total: number;
  /** Whether it was stopped before all images were done. */
  readonly stopped: boolean;
  /** Draws per image. */
  readonly samples: number;
  /** Seed of the draws. */
  readonly seed: number;
  /** Number of values of an image: pixels times their colours. */
  readonly dimensions: number;
  /** Output distribution of the model. */
  readonly samplingMethod: SamplingMethod;
  /** How the images were made binary, as in the training of the model; for `dynamic` by draws of `seed` and the image's name. */
  readonly binarized: Binarize;
  /** Whether the likelihood of training is the probability of the 8-bit values, up to rounding. */
  readonly normalizedLikelihood: boolean;
  /** Negative ELBO in bits per dimension, from the probability of the 8-bit values. */
  readonly bitsPerDimension: Measure;
  /** Importance-weighted bound in bits per dimension, from the probability of the 8-bit values. */
  readonly bitsPerDimensionImportanceWeighted: Measure;
  /** Negative ELBO in bits per dimension with the likelihood of training; null for `gaussian` and `gaussian_mixture`. */
  readonly trainingBitsPerDimension: Measure | null;
  /** Negative ELBO, from the probability of the 8-bit values. */
  readonly negativeElboMass: Measure;
  /** Importance-weighted bound, from the probability of the 8-bit values. */
  readonly importanceWeightedMass: Measure;
  /** Minus the log probability of an image given its latents. */
  readonly reconstructionLossMass: Measure;
  /** Negative ELBO, with the likelihood of training. */
  readonly negativeElbo: Measure;
  /** Importance-weighted bound, with the likelihood of training. */
  readonly importanceWeighted: Measure;
  /** Minus the log likelihood of an image given its latents. */
  readonly reconstructionLoss: Measure;
  /** KL of all latent groups together. */
  readonly kl: Measure;
  /** The latent groups, level 0 first. */
  readonly groups: readonly GroupEvaluation[];
  /** Number of draws that count in the bound of an image, 1 to `samples`. */
  readonly effectiveSamplesMass: Measure;
  /** The same with the likelihood of training. */
  readonly effectiveSamples: Measure;
  /** Mean squared error of the reconstruction (its mean, from the first draw), for values from 0 to 1. */
  readonly meanSquaredError: Measure;
  /** Peak signal-to-noise ratio of the reconstruction, in decibels, at most 100. */
  readonly psnr: Measure;
  /** Structural similarity of the reconstruction, at most 1. */
  readonly ssim: Measure;
  /** Seconds since the images were listed. */
  readonly seconds: number;
  /** Images evaluated per second, with all their draws. */
  readonly imagesPerSecond: number;
}

/** The events of `evaluate`. */
export type EvaluationEvent = EvaluationProgress | EvaluationResult;
