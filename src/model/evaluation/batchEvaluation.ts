/** The evaluation of a batch: one number per image, in the order of the batch, in nats unless stated otherwise. */
export interface BatchEvaluation {
  /** Negative ELBO with the likelihood of training. */
  readonly negativeElbo: Float64Array;
  /** Negative ELBO with the probability of the 8-bit values: comparable between models. */
  readonly negativeElboMass: Float64Array;
  /** Importance-weighted bound of the negative log likelihood, with the likelihood of training. */
  readonly importanceWeighted: Float64Array;
  /** The same bound with the probability of the 8-bit values. */
  readonly importanceWeightedMass: Float64Array;
  /** Reconstruction loss: minus the log likelihood of training, mean over the draws. */
  readonly reconstructionLoss: Float64Array;
  /** Minus the log probability of the 8-bit values, mean over the draws. */
  readonly reconstructionLossMass: Float64Array;
  /** KL of each latent group, mean over the draws: `[level][image]`. */
  readonly kl: readonly Float64Array[];
  /** Number of draws that count in the bound, 1 to `samples`: 1 / sum of the squared normalised weights. */
  readonly effectiveSamples: Float64Array;
  /** The same for the weights with the probability of the 8-bit values. */
  readonly effectiveSamplesMass: Float64Array;
  /** Mean squared error of the mean reconstruction of the first draw, for values from 0 to 1. */
  readonly meanSquaredError: Float64Array;
  /** Peak signal-to-noise ratio of this reconstruction, in decibels, at most 100. */
  readonly psnr: Float64Array;
  /** Structural similarity of this reconstruction, at most 1. */
  readonly ssim: Float64Array;
  /**
   * Distance of the posterior's mean from the prior's, in standard deviations of the prior, in the first draw:
   * `[level]`, each `[image, size, size, latentSize]`.
   */
  readonly offsets: readonly Float32Array[];
}
