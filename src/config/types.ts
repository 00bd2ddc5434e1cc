/**
 * A configuration as plain data, defaults filled in. Keys are camelCase here and snake_case in YAML files; what each
 * means is described in docs/configuration.md.
 */

/** Distribution of a pixel's colour value given the latents. */
export type SamplingMethod = 'gaussian' | 'gaussian_mixture' | 'logistic_mixture';

export interface ModelConfig {
  /** Channels after the first convolution (C). */
  readonly channelTowers: number;
  /** Number of scales (S); the image size halves and the channels double from one to the next. */
  readonly numberOfScales: number;
  /** Latent groups in the first scale, the one with the largest images. */
  readonly initialSplitsPerScale: number;
  /** Channels of each latent group (K). */
  readonly latentSize: number;
  /** Height and width of the images. */
  readonly inputDimension: number;
  /** Pairs of flow cells per latent group; 0 for none. */
  readonly numFlows: number;
  readonly numBlocksPrepost: number;
  readonly numCellsPerBlockPrepost: number;
  readonly cellsPerSplitEnc: number;
  readonly cellsPerInputDec: number;
  readonly channelMultiplier: number;
  /** Divides the number of latent groups from scale to scale. */
  readonly exponentialScaling: number;
  readonly minSplits: number;
  readonly samplingMethod: SamplingMethod;
  /** Components of the output mixture. */
  readonly nMix: number;
  /** Whether the flow also acts when sampling (and the KL is the closed form). */
  readonly fixedFlows: boolean;
}

export interface AugmentationConfig {
  /** Mirror each image left to right with probability one half. */
  readonly horizontalFlip: boolean;
  /** Move each image by up to so many pixels, its edges reflected; 0 for none. */
  readonly crop: number;
  /** Largest relative change of the brightness, from 0 to 1. */
  readonly brightness: number;
  /** Likewise of the distance of every pixel to the image's mean grey. */
  readonly contrast: number;
  /** Likewise of the distance of every pixel to its own grey. */
  readonly saturation: number;
}

export interface TrainingConfig {
  readonly learningRate: number;
  readonly learningRateMin: number;
  readonly weightDecay: number;
  readonly regularizationConstant: number;
  readonly klConstant: number;
  readonly warmupEpochs: number;
  readonly batchSize: number;
  readonly writeReconstruction: boolean;
  /** Write a checkpoint after this many images, rounded up to whole batches; null: only after epochs. */
  readonly imagesPerCheckpoint: number | null;
  readonly epochsPerCheckpoint: number;
  /** Number of epochs; -1: until stopped. */
  readonly epochs: number;
  /** Largest global norm of the gradients; null: no clipping. */
  readonly gradientClipping: number | null;
  /** Steps in a row with a loss or gradient that is not finite, after which the run ends. */
  readonly nonFiniteLimit: number;
  readonly halfPrecision: boolean;
  readonly useTensorCheckpoints: boolean;
  readonly seed: number;
  /** Images of more pixels are skipped: reading them would take too much memory. */
  readonly maxPixels: number;
  readonly augmentation: AugmentationConfig;
}

export interface NvaeConfig {
  /** Name of the run; until it is given another, the file name of the configuration without its extension. */
  readonly name: string;
  readonly model: ModelConfig;
  readonly training: TrainingConfig;
}
