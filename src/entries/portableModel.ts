/** What `rx-nvae/model` is in a browser as well: nothing here needs Node. */
// Configuration

export { ConfigError } from '../config/configError.js';
export type { ParseConfigOptions } from '../config/parseConfig.js';
export { parseConfig } from '../config/parseConfig.js';
export type {
  AugmentationConfig,
  ModelConfig,
  NvaeConfig,
  SamplingMethod,
  TrainingConfig,
} from '../config/types.js';

// Engine

export type { EngineInfo, EngineName, EngineReport } from '../engine/index.js';
export {
  EngineFailedError,
  EngineSettingError,
  EngineUnavailableError,
  engineInUse,
  listEngines,
  NativeUnavailableError,
  UnknownEngineError,
  useEngine,
} from '../engine/index.js';
export * as tf from '../engine/tf.js';

// Plain data

export { imageAt, joinImages } from '../base/imageBatches.js';
export type { ImageBatch, NamedTensors, TensorData } from '../base/plainData.js';
export { imagesFromTensor, imagesToTensor } from '../model/imageTensors.js';
export { NonFiniteImagesError } from '../model/nonFiniteImagesError.js';

// Model

export type { OutputDistribution, Statistic } from '../model/distributions/outputDistribution.js';
export type { ForwardOptions, ForwardResult, Temperature } from '../model/nvae.js';
export { Nvae } from '../model/nvae.js';
export type { LayerWeights, Mode } from '../model/pass.js';
export type { Noise } from '../model/random.js';
export { keyedNoise } from '../model/random.js';

// Training

export type { DefaultTerms, LossFunction, LossInput } from '../training/lossFunction.js';
export type { StepResult, TrainerOptions, TrainerSampleOptions } from '../training/trainer.js';
export { Trainer } from '../training/trainer.js';

// Checkpoints as plain data

export type { Checkpoint, DataPosition, LoadCheckpointOptions } from '../checkpoint/checkpoint.js';
export { CheckpointError } from '../checkpoint/checkpointError.js';
export type { Position, Snapshot, TrainerState } from '../checkpoint/snapshot.js';
