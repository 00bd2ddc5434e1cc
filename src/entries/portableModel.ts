/** What `rx-nvae/model` has in Node and in browsers: nothing here needs Node's modules. */
// Configuration

export { ConfigError } from '../config/configError.js';
export { formatConfig } from '../config/formatConfig.js';
export type { ImageFit } from '../config/imageFit.js';
export type { ParseConfigOptions } from '../config/parseConfig.js';
export { parseConfig } from '../config/parseConfig.js';
export type {
  AugmentationConfig,
  Binarize,
  Fit,
  FitPosition,
  ImageChannels,
  KlBalancing,
  LearningRateSchedule,
  ModelConfig,
  NvaeConfig,
  SamplingMethod,
  SpectralRegularization,
  TrainingConfig,
  ValidationConfig,
} from '../config/types.js';

// Engine

export { engineInUse } from '../engine/chooseEngine.js';
export type {
  EngineChoice,
  EngineInfo,
  EngineName,
  EngineReport,
  UseEngineOptions,
  WasmFileName,
} from '../engine/engines.js';
export {
  EngineFailedError,
  EngineUnavailableError,
  NativeUnavailableError,
  UnknownEngineError,
} from '../engine/engines.js';
export { EngineSettingError } from '../engine/settings.js';
export * as tf from '../engine/tf.js';

// Plain data

export { imageAt, joinImages } from '../base/imageBatches.js';
export type {
  Encoding,
  ImageBatch,
  LatentValues,
  NamedImages,
  NamedTensors,
  TensorData,
} from '../base/plainData.js';
export { imagesFromTensor, imagesToTensor } from '../model/imageTensors.js';
export { NonFiniteImagesError } from '../model/nonFiniteImagesError.js';

// Model

export { bitsPerDimension } from '../base/bitsPerDimension.js';
export type { BinarizeImagesOptions } from '../model/binarizedImages.js';
export { binarizedImages } from '../model/binarizedImages.js';
export type { DecodeLatentsOptions } from '../model/decodeLatents.js';
export { decodeLatents } from '../model/decodeLatents.js';
export type { OutputDistribution, Statistic } from '../model/distributions/outputDistribution.js';
export type { EncodeImagesOptions } from '../model/encodeImages.js';
export { encodeImages } from '../model/encodeImages.js';
export type { BatchEvaluation } from '../model/evaluation/batchEvaluation.js';
export type { EvaluateBatchOptions } from '../model/evaluation/evaluateBatch.js';
export { evaluateBatch } from '../model/evaluation/evaluateBatch.js';
export { imageNoise } from '../model/imageNoise.js';
export { NonFiniteLatentsError } from '../model/nonFiniteLatentsError.js';
export type { EncodeOptions, ForwardOptions, ForwardResult, LatentKind, NvaeOptions } from '../model/nvae.js';
export { Nvae } from '../model/nvae.js';
export type { LayerWeights, Mode } from '../model/pass.js';
export { pullSamples } from '../model/pullSamples.js';
export type { Noise } from '../model/random.js';
export { keyedNoise } from '../model/random.js';
export type { SamplesOptions } from '../model/sampleBatches.js';
export type { SampleImagesOptions, SampleSource, Temperature } from '../model/sampleSource.js';

// Training

export type { DefaultTerms, LossFunction, LossInput } from '../training/lossFunction.js';
export type { StepResult, TrainerOptions, TrainerSampleOptions } from '../training/trainer.js';
export { Trainer } from '../training/trainer.js';

// Files as bytes

export type { BytesOptions, FileBytes } from '../checkpoint/bytes.js';
export { checkpointToBytes, modelToBytes } from '../checkpoint/bytes.js';
export type { Checkpoint, DataPosition } from '../checkpoint/checkpointContent.js';
export { CheckpointError } from '../checkpoint/checkpointError.js';
export type { ModelDtype, SaveModelOptions } from '../checkpoint/modelDtype.js';
export type { Position, Snapshot, TrainerState } from '../checkpoint/snapshot.js';
export type { BestRecord, ValidationRecord } from '../checkpoint/validationRecord.js';
export type { WeightSet, WeightsOptions } from '../checkpoint/weightSets.js';
export type { ModelData } from '../checkpoint/weightsOf.js';
export type { ReadBytesOptions } from '../modelFiles/anyModelFileFromBytes.js';
export { checkpointFromBytes } from '../modelFiles/checkpointFromBytes.js';
export { modelFromBytes } from '../modelFiles/modelFromBytes.js';
