/**
 * `rx-nvae`: streams and whole pipelines, and what they are made of.
 *
 * @module rx-nvae
 */
// Whole pipelines

export type { TrainInProcessOptions } from './streams/process/trainInProcess.js';
export { trainInProcess } from './streams/process/trainInProcess.js';
export { NonFiniteLossError, RunCrashedError } from './streams/run/errors.js';
export type {
  BestModel,
  CheckpointEvent,
  CrashEvent,
  EpochEvent,
  EpochMeans,
  FailedEvent,
  FinishedEvent,
  PausedEvent,
  PreviewEvent,
  ResumedEvent,
  StartedEvent,
  StepEvent,
  StoppedEvent,
  TrainEvent,
  ValidationEvent,
  WarningEvent,
} from './streams/run/events.js';
export type { RunCommand } from './streams/run/runCommand.js';
export { train } from './streams/run/train.js';

// Datasets

export { idxDataset } from './data/arrays/idx.js';
export { DamagedImageError } from './data/damagedImageError.js';
export type { Dataset, DatasetItem, DecodeResult, ItemList } from './data/dataset.js';
export { datasetAt } from './data/datasetAt.js';
export { DatasetError } from './data/datasetError.js';
export type { DatasetOfOptions } from './data/datasetOf.js';
export { datasetOf } from './data/datasetOf.js';
export type { DatasetPath } from './data/datasetPath.js';
export type { DecodedImage } from './data/decodedImage.js';
export type { EncodedImage } from './data/encodedImage.js';
export type { FolderDatasetOptions } from './data/folderDataset.js';
export { folderDataset } from './data/folderDataset.js';
export type { ListImagesOptions } from './data/folderList.js';
export type { CacheKey, ImageCache, ImageCacheOptions } from './data/imageCache.js';
export { imageCache } from './data/imageCache.js';
export type { ImageFile } from './data/imageFile.js';
export type { Decoder, SkippedImage } from './data/itemPixels.js';
export type { DatasetPart } from './data/joined/joinDatasets.js';
export { joinDatasets } from './data/joined/joinDatasets.js';
export type { SizedImage } from './data/sizedImage.js';
export type { StoredImage } from './data/storedImage.js';
export { UnreadImageError } from './data/unreadImageError.js';

// Reports on datasets

export type {
  DatasetEvent,
  DatasetProgress,
  DatasetReport,
  FittingConfiguration,
  ImageSize,
  LeftOut,
  StoredSizes,
} from './streams/datasets/datasetEvents.js';
export type { DescribeDatasetOptions } from './streams/datasets/describeDataset.js';
export { describeDataset } from './streams/datasets/describeDataset.js';
export type { DatasetPacked, PackDatasetOptions } from './streams/datasets/packDataset.js';
export { packDataset } from './streams/datasets/packDataset.js';
export type { SomeImagesOptions } from './streams/datasets/someImages.js';
export { someImages } from './streams/datasets/someImages.js';
export type { SquareOptions } from './streams/datasets/squareOptions.js';

// Batches of images

export type { Augmentation, AugmentOptions } from './streams/images/augment.js';
export { augment } from './streams/images/augment.js';
export { batch } from './streams/images/batch.js';
export type {
  DecodeImagesOptions,
  DecodeItemsOptions,
  DecodeOptions,
} from './streams/images/decodeImages.js';
export { decodeImages } from './streams/images/decodeImages.js';
export { images } from './streams/images/images.js';
export type { Recipe } from './streams/images/recipe.js';
export { shuffle } from './streams/images/shuffle.js';

// Training steps

export type { TrainerLike } from './streams/run/trainerLike.js';
export type { TrainOptions } from './streams/run/trainOptions.js';
export type { BatchRecipe, Stepper, TrainStepOptions } from './streams/run/trainStep.js';
export { trainStep } from './streams/run/trainStep.js';
export { watchFinite } from './streams/run/watchFinite.js';

// Training on several processes or threads

export { GroupError } from './group/groupError.js';
export type { GroupMemory, GroupMemoryOptions, LaneMemory } from './group/memory/groupMemory.js';
export { groupMemory } from './group/memory/groupMemory.js';
export { memoryGroup } from './group/memory/memoryGroup.js';
export { launchedGroup } from './group/mpi/launchedGroup.js';
export type { MpiGroupOptions } from './group/mpi/mpiGroup.js';
export type { ProcessGroup } from './group/processGroup.js';

// Sampling

export { grid } from './base/grid.js';
export { pullSamples } from './model/pullSamples.js';
export type { SamplesOptions } from './model/sampleBatches.js';
export type { SampleImagesOptions, SampleSource } from './model/sampleSource.js';
export type { Candidates, CherryPickOptions } from './streams/sampling/cherryPick.js';
export { cherryPick } from './streams/sampling/cherryPick.js';
export type { CherryChoice, CherryPicked, CherryState } from './streams/sampling/cherryState.js';
export type { InterpolationOptions } from './streams/sampling/interpolation.js';
export { interpolation } from './streams/sampling/interpolation.js';
export type { LatentVariants, LatentWalkOptions } from './streams/sampling/latentWalk.js';
export { latentWalk } from './streams/sampling/latentWalk.js';
export type { ReadjustBatchNormOptions } from './streams/sampling/readjustBatchNorm.js';
export { readjustBatchNorm } from './streams/sampling/readjustBatchNorm.js';
export { samples } from './streams/sampling/samples.js';
export type { GridOptions } from './streams/sampling/toGrid.js';
export { toGrid } from './streams/sampling/toGrid.js';

// Latents

export { encodingAt, joinEncodings } from './base/encodings.js';
export type { LatentsWritten } from './checkpoint/latents/latentsWriter.js';
export type { DecodeLatentsOptions } from './model/decodeLatents.js';
export { decodeLatents } from './model/decodeLatents.js';
export type { EncodeImagesOptions } from './model/encodeImages.js';
export { encodeImages } from './model/encodeImages.js';
export { NonFiniteLatentsError } from './model/nonFiniteLatentsError.js';
export type { ImageSource } from './streams/images/batchesOf.js';
export type { DecodingsOptions, LatentSource } from './streams/latents/decodings.js';
export { decodings } from './streams/latents/decodings.js';
export type { EncodingsOptions, ReadImagesOptions } from './streams/latents/encodings.js';
export { encodings } from './streams/latents/encodings.js';
export type { ReadLatentsOptions } from './streams/latents/readLatents.js';
export { readLatents } from './streams/latents/readLatents.js';
export type { Reconstruction, ReconstructionsOptions } from './streams/latents/reconstructions.js';
export { reconstructions } from './streams/latents/reconstructions.js';
export type { WriteLatentsOptions } from './streams/latents/writeLatents.js';
export { writeLatents } from './streams/latents/writeLatents.js';

// Evaluation

export type { EvaluateOptions } from './streams/evaluation/evaluate.js';
export { evaluate } from './streams/evaluation/evaluate.js';
export type {
  EvaluationEvent,
  EvaluationProgress,
  EvaluationResult,
  GroupEvaluation,
  Measure,
} from './streams/evaluation/evaluationEvents.js';

// Writers

export type { PictureKind } from './data/ownPictures.js';
export { writeAnimation } from './pictures/writeAnimation.js';
export { writeImage } from './pictures/writeImage.js';
export type { CheckpointPosition, WriteCheckpointsOptions } from './streams/writers/writeCheckpoints.js';
export { writeCheckpoints } from './streams/writers/writeCheckpoints.js';
export { writeImages } from './streams/writers/writeImages.js';
export type { PreviewKind, PreviewPosition, WritePreviewsOptions } from './streams/writers/writePreviews.js';
export { writePreviews } from './streams/writers/writePreviews.js';

// Journal and TensorBoard

export type { JournalEntry, Journaled } from './streams/journal/entry.js';
export { keepJournal } from './streams/journal/keepJournal.js';
export type { ReadJournalOptions } from './streams/journal/readJournal.js';
export { readJournal } from './streams/journal/readJournal.js';
export type { WriteJournalOptions } from './streams/journal/writeJournal.js';
export { writeJournal } from './streams/journal/writeJournal.js';
export type { WriteTensorBoardOptions } from './streams/tensorboard/writeTensorBoard.js';
export { writeTensorBoard } from './streams/tensorboard/writeTensorBoard.js';

// Summaries of runs

export { listRuns } from './streams/runs/listRuns.js';
export type { RunSummariesOptions } from './streams/runs/runSummaries.js';
export { runSummaries } from './streams/runs/runSummaries.js';
export type { RunSummary, RunSummaryStatus, ValidationSummary } from './streams/runs/runSummary.js';
export type { SummarizeRunOptions } from './streams/runs/summarizeRun.js';
export { summarizeRun } from './streams/runs/summarizeRun.js';

// Flow control

export type { MapAheadOptions } from './streams/flow/mapAhead.js';
export { mapAhead } from './streams/flow/mapAhead.js';
export type { NewestMapOptions } from './streams/flow/newestMap.js';
export { newestMap } from './streams/flow/newestMap.js';
export { shareLatest } from './streams/flow/shareLatest.js';
export type { SideStreamOptions } from './streams/flow/sideStream.js';
export { sideStream } from './streams/flow/sideStream.js';

// Plain data

export { imageAt, joinImages } from './base/imageBatches.js';
export type {
  Encoding,
  ImageBatch,
  LatentValues,
  NamedImages,
  NamedTensors,
  PartedImages,
  TensorData,
} from './base/plainData.js';

// Configuration

export { ConfigError } from './config/configError.js';
export { formatConfig } from './config/formatConfig.js';
export type { ImageFit } from './config/imageFit.js';
export type { ConfigListing, LoadConfigOptions } from './config/loadConfig.js';
export { listConfigs, loadConfig } from './config/loadConfig.js';
export type { ParseConfigOptions } from './config/parseConfig.js';
export { parseConfig } from './config/parseConfig.js';
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
} from './config/types.js';

// Engine

export type {
  EngineChoice,
  EngineInfo,
  EngineName,
  EngineReport,
  UseEngineOptions,
  WasmFileName,
} from './engine/index.js';
export {
  EngineFailedError,
  EngineSettingError,
  EngineUnavailableError,
  engineInUse,
  listEngines,
  NativeUnavailableError,
  UnknownEngineError,
  useEngine,
} from './engine/index.js';

// Model

export { bitsPerDimension } from './base/bitsPerDimension.js';
export type { BinarizeImagesOptions } from './model/binarizedImages.js';
export { binarizedImages } from './model/binarizedImages.js';
export type { OutputDistribution, Statistic } from './model/distributions/outputDistribution.js';
export type { BatchEvaluation } from './model/evaluation/batchEvaluation.js';
export type { EvaluateBatchOptions } from './model/evaluation/evaluateBatch.js';
export { evaluateBatch } from './model/evaluation/evaluateBatch.js';
export { imageNoise } from './model/imageNoise.js';
export { NonFiniteImagesError } from './model/nonFiniteImagesError.js';
export type { EncodeOptions, ForwardResult, LatentKind, NvaeOptions } from './model/nvae.js';
export { Nvae } from './model/nvae.js';
export type { Noise } from './model/random.js';
export { keyedNoise } from './model/random.js';
export type { Temperature } from './model/sampleSource.js';

// Training without streams

export type { DefaultTerms, LossFunction, LossInput } from './training/lossFunction.js';
export type { StepResult, TrainerOptions, TrainerSampleOptions } from './training/trainer.js';
export { Trainer } from './training/trainer.js';

// Files of models and checkpoints

export type { BytesOptions, FileBytes } from './checkpoint/bytes.js';
export { checkpointToBytes, modelToBytes } from './checkpoint/bytes.js';
export type { Checkpoint, DataPosition } from './checkpoint/checkpointContent.js';
export { CheckpointError } from './checkpoint/checkpointError.js';
export { checkpointExists } from './checkpoint/checkpointExists.js';
export { RunInUseError, RunTakenOverError } from './checkpoint/lock/errors.js';
export type { ModelDtype, SaveModelOptions } from './checkpoint/modelDtype.js';
export type { SaveOptions } from './checkpoint/saveCheckpoint.js';
export { saveCheckpoint } from './checkpoint/saveCheckpoint.js';
export { saveModel } from './checkpoint/saveModel.js';
export type { Position, Snapshot, TrainerState } from './checkpoint/snapshot.js';
export type { BestRecord, ValidationRecord } from './checkpoint/validationRecord.js';
export type { WeightSet, WeightsOptions } from './checkpoint/weightSets.js';
export type { ModelData } from './checkpoint/weightsOf.js';
export type { ReadBytesOptions } from './modelFiles/anyModelFileFromBytes.js';
export { checkpointFromBytes } from './modelFiles/checkpointFromBytes.js';
export type { LoadCheckpointOptions } from './modelFiles/loadCheckpoint.js';
export { loadCheckpoint } from './modelFiles/loadCheckpoint.js';
export { loadModel } from './modelFiles/loadModel.js';
export { modelFromBytes } from './modelFiles/modelFromBytes.js';
export type { PretrainedFacts, PretrainedModel } from './modelFiles/pretrained/pretrainedModel.js';
export { pretrainedModel, pretrainedModels } from './modelFiles/pretrained/pretrainedModel.js';
export type { ReadModelOptions } from './modelFiles/torch/readTorchFile.js';
export { saveTorchCheckpoint } from './modelFiles/torch/saveTorchCheckpoint.js';
export { saveTorchModel } from './modelFiles/torch/saveTorchModel.js';
export { torchOmissions } from './modelFiles/torch/torchOmissions.js';
