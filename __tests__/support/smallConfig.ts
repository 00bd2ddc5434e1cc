/** A configuration with every kind of layer that trains within moments. */

import type { ImageBatch } from '../../src/base/plainData.js';
import type { ImageChannels, ModelConfig, NvaeConfig, TrainingConfig } from '../../src/config/types.js';

export function smallModel(changes: Partial<ModelConfig> = {}): ModelConfig {
  return {
    channelTowers: 2,
    numberOfScales: 2,
    initialSplitsPerScale: 1,
    latentSize: 2,
    inputDimension: 8,
    imageChannels: 3,
    numFlows: 1,
    numBlocksPrepost: 1,
    numCellsPerBlockPrepost: 1,
    cellsPerSplitEnc: 1,
    cellsPerInputDec: 1,
    decoderExpansion: 6,
    channelMultiplier: 2,
    exponentialScaling: 1,
    minSplits: 1,
    samplingMethod: 'logistic_mixture',
    nMix: 2,
    jointColours: false,
    normalizedLikelihood: false,
    fixedFlows: false,
    flowWeightNorm: false,
    ...changes,
  };
}

export function smallConfig(
  model: Partial<ModelConfig> = {},
  training: Partial<TrainingConfig> = {},
): NvaeConfig {
  return {
    name: 'small',
    model: smallModel(model),
    training: {
      learningRate: 0.01,
      learningRateMin: 1e-5,
      learningRateSchedule: 'cosine',
      learningRateWarmupSteps: 0,
      weightDecay: 3e-4,
      regularizationConstant: 0.05,
      spectralRegularization: 'estimate',
      klConstant: 1,
      warmupEpochs: 2,
      klBalancing: 'inverse_size',
      batchSize: 2,
      accumulationSteps: 1,
      writeReconstruction: true,
      imagesPerCheckpoint: null,
      epochsPerCheckpoint: 1,
      epochs: 10,
      gradientClipping: null,
      emaDecay: null,
      nonFiniteLimit: 20,
      halfPrecision: false,
      useTensorCheckpoints: false,
      seed: 1,
      maxPixels: 268_402_689,
      fit: 'cover',
      fitPosition: 'centre',
      background: '#ffffff',
      augmentation: {
        horizontalFlip: false,
        crop: 0,
        randomCrop: null,
        brightness: 0,
        contrast: 0,
        saturation: 0,
        binarize: 'none',
      },
      validation: { fraction: 0, folder: null, epochs: 1, images: null },
      ...training,
    },
  };
}

/** Images that depend on the number. */
export function smallBatch(number: number, batch = 2, size = 8, channels: ImageChannels = 3): ImageBatch {
  const pixels = Uint8Array.from(
    { length: batch * size * size * channels },
    (_, i) => (i * 37 + number * 101) % 256,
  );
  return { pixels, shape: [batch, size, size, channels] };
}
