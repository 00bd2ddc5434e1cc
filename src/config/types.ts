/**
 * A configuration as plain data with its defaults filled in. Keys are camelCase here and snake_case in files.
 *
 * The section types are generated rather than inferred: inferred types would lose the comment of every key
 * and show up as zod types. A test compares them with what zod infers.
 */

/**
 * A run's configuration, as returned by `loadConfig` and `parseConfig`.
 *
 * @example
 * const config = await loadConfig('demo');
 * const small: NvaeConfig = { ...config, training: { ...config.training, batchSize: 4 } };
 */
export interface NvaeConfig {
  /** Name of the run; by default, the name of the configuration file without its extension. */
  readonly name: string;
  /** The architecture of the model. */
  readonly model: ModelConfig;
  /** How the model is trained. */
  readonly training: TrainingConfig;
}

/* Generated from schema.ts by npm run config:generate: changes below this line are lost. */

/**
 * Colours of a pixel: 3 for red, green and blue, 1 for grey images. Images of the other kind are
 * converted.
 */
export type ImageChannels = 1 | 3;

/**
 * Distribution of a pixel's colour values given the latents; `bernoulli` is for binary images and needs
 * `binarize`.
 */
export type SamplingMethod = 'gaussian' | 'gaussian_mixture' | 'logistic_mixture' | 'bernoulli';

/**
 * The architecture of a model. A checkpoint can be loaded only into the architecture that it was written
 * for.
 */
export interface ModelConfig {
  /** Channels after the first convolution (C). Allowed: an even integer >= 2. */
  readonly channelTowers: number;
  /**
   * Number of scales (S); from each to the next the image size halves and the channels double. Allowed: an
   * integer >= 1.
   */
  readonly numberOfScales: number;
  /** Latent groups in the first scale, the one with the largest images. Allowed: an integer >= 1. */
  readonly initialSplitsPerScale: number;
  /** Channels of each latent group. Allowed: an integer >= 1. */
  readonly latentSize: number;
  /**
   * Height and width of the images in pixels; inside the model, zeros fill them up to a multiple of
   * 2^(`numberOfScales` + `numBlocksPrepost` - 1). Allowed: an integer from 1 to 4096.
   */
  readonly inputDimension: number;
  /**
   * Colours of a pixel: 3 for red, green and blue, 1 for grey images. Images of the other kind are
   * converted.
   * @default 3
   */
  readonly imageChannels: ImageChannels;
  /** Pairs of normalising-flow cells per latent group; 0 for none. Allowed: an integer >= 0. */
  readonly numFlows: number;
  /**
   * Blocks before the towers, each of which halves the image size, and after them, each of which doubles
   * it. Allowed: an integer >= 0.
   * @default 1
   */
  readonly numBlocksPrepost: number;
  /** Cells in each block before and after the towers. Allowed: an integer >= 1. @default 2 */
  readonly numCellsPerBlockPrepost: number;
  /** Encoder cells per latent group. Allowed: an integer >= 0. @default 2 */
  readonly cellsPerSplitEnc: number;
  /** Decoder cells per latent group. Allowed: an integer >= 0. @default 1 */
  readonly cellsPerInputDec: number;
  /**
   * Factor by which a decoder cell of the tower expands its channels inside (E in figure 3b of the paper).
   * Allowed: an integer >= 1.
   * @default 6
   */
  readonly decoderExpansion: number;
  /**
   * Factor by which the channels grow from scale to scale; no other is supported. Allowed: 2.
   * @default 2
   */
  readonly channelMultiplier: number;
  /**
   * Each scale has the latent groups of the one before divided by this number, rounded down. Allowed: a
   * number > 0.
   * @default 1
   */
  readonly exponentialScaling: number;
  /** Smallest number of latent groups in a scale. Allowed: an integer >= 1. @default 1 */
  readonly minSplits: number;
  /**
   * Distribution of a pixel's colour values given the latents; `bernoulli` is for binary images and needs
   * `binarize`.
   * @default "gaussian"
   */
  readonly samplingMethod: SamplingMethod;
  /**
   * Components of the mixture; `gaussian` and `bernoulli` have none. Allowed: an integer >= 1.
   * @default 3
   */
  readonly nMix: number;
  /**
   * Choose one component of the mixture for the three colours of a pixel, with means that depend linearly
   * on the colours before: green on red, blue on both (PixelCNN++, arXiv 1701.05517, sections 2.1 and 2.2,
   * as in the NVAE paper). Only with `samplingMethod` logistic_mixture and `imageChannels` 3.
   * @default false
   */
  readonly jointColours: boolean;
  /**
   * Train with the exact probabilities of the 256 values of a colour, which add up to 1. Otherwise the
   * value 254 also gets the probability of 255, and unlikely values get at least 1e-10, as in the PyTorch
   * implementation. Only with `samplingMethod` logistic_mixture.
   * @default false
   */
  readonly normalizedLikelihood: boolean;
  /**
   * Apply the flows when sampling too; the KL is then computed in closed form, otherwise it is a Monte
   * Carlo estimate.
   * @default false
   */
  readonly fixedFlows: boolean;
  /**
   * Weight-normalise the masked convolutions of the flows, as in the paper (section 3.2).
   * @default false
   */
  readonly flowWeightNorm: boolean;
}

/**
 * How the learning rate falls: along half a cosine, or in a straight line; `constant`: it does not.
 * Without an end, it never falls.
 */
export type LearningRateSchedule = 'cosine' | 'linear' | 'constant';

/**
 * Spectral term of a convolution: an estimate of its squared largest singular value, or that value itself
 * by power iterations as in section 3.2 of the paper.
 */
export type SpectralRegularization = 'estimate' | 'power_iteration';

/**
 * Weight of a latent group's KL during the warm-up: its mean KL divided by its size, or multiplied by it
 * as printed in appendix A of the paper.
 */
export type KlBalancing = 'inverse_size' | 'size';

/**
 * How an image becomes a square: `cover` cuts its longer side, `contain` shows all of it and fills the
 * rest with `background`, `stretch` distorts it.
 */
export type Fit = 'cover' | 'contain' | 'stretch';

/** Which part of an image `cover` keeps, and where in the square `contain` puts it. */
export type FitPosition =
  | 'centre'
  | 'top'
  | 'bottom'
  | 'left'
  | 'right'
  | 'top_left'
  | 'top_right'
  | 'bottom_left'
  | 'bottom_right';

/**
 * Make every value 0 or 255, last of all: `dynamic` makes it 255 with probability value / 255, anew in
 * every epoch, `threshold` from 128 on.
 */
export type Binarize = 'none' | 'dynamic' | 'threshold';

/** Random changes of the training images. */
export interface AugmentationConfig {
  /** Mirror each image left to right with probability one half. @default false */
  readonly horizontalFlip: boolean;
  /**
   * Move each image by up to this many pixels in each direction, its edges reflected; less than
   * `inputDimension`. Allowed: an integer >= 0.
   * @default 0
   */
  readonly crop: number;
  /**
   * Resize images to this many times `inputDimension` and cut out a square of `inputDimension`: in training
   * at a random place, anew in every epoch; otherwise at `fitPosition`. null: resize them to
   * `inputDimension`. Allowed: a number from 1 to 8, or null.
   * @default null
   */
  readonly randomCrop: number | null;
  /**
   * Multiply all values of an image by a random factor from 1 - b to 1 + b, where b is this number.
   * Allowed: a number from 0 to 1.
   * @default 0
   */
  readonly brightness: number;
  /**
   * Multiply the distance of every value to the image's mean grey by a random factor from 1 - c to 1 + c,
   * where c is this number. Allowed: a number from 0 to 1.
   * @default 0
   */
  readonly contrast: number;
  /**
   * Multiply the distance of every value to the grey of its pixel by a random factor from 1 - s to 1 + s,
   * where s is this number; 0 if `imageChannels` is 1. Allowed: a number from 0 to 1.
   * @default 0
   */
  readonly saturation: number;
  /**
   * Make every value 0 or 255, last of all: `dynamic` makes it 255 with probability value / 255, anew in
   * every epoch, `threshold` from 128 on.
   * @default "none"
   */
  readonly binarize: Binarize;
}

/** Validation: measuring the model on held-out images. Off unless `fraction` or `folder` is given. */
export interface ValidationConfig {
  /**
   * Share of the dataset that is held out of training; a hash of its name decides for each image. 0 for
   * none. Allowed: a number >= 0 and < 1.
   * @default 0
   */
  readonly fraction: number;
  /**
   * Folder of held-out images, in place of `fraction`; relative to the working directory. Allowed: a text,
   * or null.
   * @default null
   */
  readonly folder: string | null;
  /**
   * Measure each time this many epochs are finished, and after the last one. Allowed: an integer >= 1.
   * @default 1
   */
  readonly epochs: number;
  /**
   * Measure at most this many of the held-out images, always the same ones; null for all of them. Allowed:
   * an integer >= 1, or null.
   * @default null
   */
  readonly images: number | null;
}

/**
 * How to train the model. It is read again at every start, so that a stopped run can resume with other
 * values.
 */
export interface TrainingConfig {
  /**
   * Learning rate of Adamax: constant until one epoch after the KL warm-up, then down to `learningRateMin`.
   * Allowed: a number > 0.
   * @default 0.01
   */
  readonly learningRate: number;
  /**
   * Learning rate in the last epoch, which `epochs` sets; unused when training has no end or the schedule
   * is `constant`. Allowed: a number >= 0.
   * @default 0.00001
   */
  readonly learningRateMin: number;
  /**
   * How the learning rate falls: along half a cosine, or in a straight line; `constant`: it does not.
   * Without an end, it never falls.
   * @default "cosine"
   */
  readonly learningRateSchedule: LearningRateSchedule;
  /**
   * First steps of the run, in which the learning rate grows linearly: in step k of n it is k/n of what it
   * would be. 0 for none. Allowed: an integer >= 0.
   * @default 0
   */
  readonly learningRateWarmupSteps: number;
  /**
   * Multiple of each parameter that is added to its gradient after clipping. Allowed: a number >= 0.
   * @default 0.0003
   */
  readonly weightDecay: number;
  /**
   * Weight of the spectral and batch-norm regularisation in the loss. Allowed: a number >= 0.
   * @default 0.05
   */
  readonly regularizationConstant: number;
  /**
   * Spectral term of a convolution: an estimate of its squared largest singular value, or that value itself
   * by power iterations as in section 3.2 of the paper.
   * @default "estimate"
   */
  readonly spectralRegularization: SpectralRegularization;
  /** Weight of the KL divergence in the loss. Allowed: a number >= 0. @default 1 */
  readonly klConstant: number;
  /**
   * Epochs of warm-up: the KL coefficient grows from 0 to 1, and the KL is balanced between the latent
   * groups. Allowed: a number >= 0.
   * @default 30
   */
  readonly warmupEpochs: number;
  /**
   * Weight of a latent group's KL during the warm-up: its mean KL divided by its size, or multiplied by it
   * as printed in appendix A of the paper.
   * @default "inverse_size"
   */
  readonly klBalancing: KlBalancing;
  /** Images per step; the last batch of an epoch may be smaller. Allowed: an integer >= 1. @default 20 */
  readonly batchSize: number;
  /**
   * Parts of a batch that a step computes one after the other, adding up their gradients: the memory of one
   * part. At most `batchSize`. Allowed: an integer >= 1.
   * @default 1
   */
  readonly accumulationSteps: number;
  /**
   * Largest 2-norm of all gradients together; null for no clipping. Allowed: a number > 0, or null.
   * @default null
   */
  readonly gradientClipping: number | null;
  /**
   * Decay of an exponential moving average (EMA) of the weights, which previews, validation and the final
   * model use, such as 0.999; null for none. Allowed: a number >= 0 and < 1, or null.
   * @default null
   */
  readonly emaDecay: number | null;
  /** Number of epochs; -1 trains until it is stopped. Allowed: an integer >= 1, or -1. @default -1 */
  readonly epochs: number;
  /**
   * Write a checkpoint and previews each time this many epochs are finished. Allowed: an integer >= 1.
   * @default 2
   */
  readonly epochsPerCheckpoint: number;
  /**
   * Write a checkpoint and previews also each time this many images are seen, rounded up to whole batches;
   * null: only after epochs. Allowed: an integer >= 1, or null.
   * @default null
   */
  readonly imagesPerCheckpoint: number | null;
  /** Write reconstructions as images with each checkpoint. @default true */
  readonly writeReconstruction: boolean;
  /**
   * End the run after this many steps in a row whose loss or gradient is not finite, or exactly 0. Allowed:
   * an integer >= 1.
   * @default 20
   */
  readonly nonFiniteLimit: number;
  /**
   * Store what the backward pass needs as bfloat16: less memory. Only the engine `native` can do this.
   * @default false
   */
  readonly halfPrecision: boolean;
  /**
   * Store only the input of each cell and recompute the rest in the backward pass: less memory, more time.
   * @default false
   */
  readonly useTensorCheckpoints: boolean;
  /**
   * Seed of all random numbers: the same seed, machine and engine give the same weights, bit for bit.
   * Allowed: an integer >= 0.
   * @default 0
   */
  readonly seed: number;
  /**
   * Skip images of more pixels, which would take too much memory; the default is the limit of sharp.
   * Allowed: an integer >= 1.
   * @default 268402689
   */
  readonly maxPixels: number;
  /**
   * How an image becomes a square: `cover` cuts its longer side, `contain` shows all of it and fills the
   * rest with `background`, `stretch` distorts it.
   * @default "cover"
   */
  readonly fit: Fit;
  /** Which part of an image `cover` keeps, and where in the square `contain` puts it. @default "centre" */
  readonly fitPosition: FitPosition;
  /**
   * Colour behind transparent parts and around images that do not fill the square: red, green and blue in
   * hexadecimal digits, in quotes. Allowed: a colour such as "#ffffff".
   * @default "#ffffff"
   */
  readonly background: string;
  /** Random changes of the training images. */
  readonly augmentation: AugmentationConfig;
  /** Validation: measuring the model on held-out images. Off unless `fraction` or `folder` is given. */
  readonly validation: ValidationConfig;
}
