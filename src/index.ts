/** The public surface of rx-nvae. */

/* Checkpoints */
export type { Checkpoint, DataPosition, LoadCheckpointOptions } from './checkpoint/checkpoint.js';
export { checkpointExists, loadCheckpoint, saveCheckpoint } from './checkpoint/checkpoint.js';
export { CheckpointError } from './checkpoint/checkpointError.js';
export { RunInUseError, RunTakenOverError } from './checkpoint/lock/errors.js';
export { loadModel, saveModel } from './checkpoint/model.js';
/* Configuration */
export { ConfigError } from './config/configError.js';
export type { ConfigListing, LoadConfigOptions } from './config/loadConfig.js';
export { listConfigs, loadConfig } from './config/loadConfig.js';
export type { ParseConfigOptions } from './config/parseConfig.js';
export { parseConfig } from './config/parseConfig.js';
export type {
  AugmentationConfig,
  ModelConfig,
  NvaeConfig,
  SamplingMethod,
  TrainingConfig,
} from './config/types.js';
/* Whole pipelines */
export { DatasetError } from './data/datasetError.js';
export type { ImageCache, ImageCacheOptions } from './data/imageCache.js';
export { imageCache } from './data/imageCache.js';
export type { ImageFile } from './data/imageFile.js';
export type { SkippedImage } from './data/imagePixels.js';
export type { ListImagesOptions } from './data/listImages.js';
/* Engine */
export type { EngineInfo, EngineName, EngineReport } from './engine/index.js';
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
/* Model */
export type { Statistic } from './model/distributions/outputDistribution.js';
export { NonFiniteImagesError } from './model/nonFiniteImagesError.js';
export type { Temperature } from './model/nvae.js';
export { Nvae } from './model/nvae.js';
export type { ImageBatch, NamedTensors, TensorData } from './model/plainData.js';
export type { Noise } from './model/random.js';
export { keyedNoise } from './model/random.js';
/* Operators */
export type { Augmentation, AugmentOptions } from './streams/augment.js';
export { augment } from './streams/augment.js';
export { batch } from './streams/batch.js';
export type { Candidates, CherryPickOptions } from './streams/cherryPick.js';
export { cherryPick } from './streams/cherryPick.js';
export type { CherryChoice, CherryPicked, CherryState } from './streams/cherryState.js';
export type { DecodeImagesOptions } from './streams/decodeImages.js';
export { decodeImages } from './streams/decodeImages.js';
export { NonFiniteLossError, RunCrashedError } from './streams/errors.js';
export type {
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
  WarningEvent,
} from './streams/events.js';
/* Sources */
export { imageAt, joinImages } from './streams/imageBatches.js';
export { images } from './streams/images.js';
export type { InterpolationOptions } from './streams/interpolation.js';
export { interpolation } from './streams/interpolation.js';
export type { JournalEntry, Journaled } from './streams/journal/entry.js';
export { keepJournal } from './streams/journal/keepJournal.js';
export type { ReadJournalOptions } from './streams/journal/readJournal.js';
export { readJournal } from './streams/journal/readJournal.js';
export type { WriteJournalOptions } from './streams/journal/writeJournal.js';
export { writeJournal } from './streams/journal/writeJournal.js';
export type { LatentVariants, LatentWalkOptions } from './streams/latentWalk.js';
export { latentWalk } from './streams/latentWalk.js';
export type { MapAheadOptions } from './streams/mapAhead.js';
export { mapAhead } from './streams/mapAhead.js';
export type { NewestMapOptions } from './streams/newestMap.js';
export { newestMap } from './streams/newestMap.js';
export type { TrainInProcessOptions } from './streams/process/trainInProcess.js';
export { trainInProcess } from './streams/process/trainInProcess.js';
export type { ReadjustBatchNormOptions } from './streams/readjustBatchNorm.js';
export { readjustBatchNorm } from './streams/readjustBatchNorm.js';
export type { DecodedImage, Recipe } from './streams/recipe.js';
export type { RunCommand } from './streams/run/controls.js';
export type { SampleSource, SamplesOptions } from './streams/samples.js';
export { samples } from './streams/samples.js';
export { shareLatest } from './streams/shareLatest.js';
export { shuffle } from './streams/shuffle.js';
export type { SideStreamOptions } from './streams/sideStream.js';
export { sideStream } from './streams/sideStream.js';
export type { GridOptions } from './streams/toGrid.js';
export { grid, toGrid } from './streams/toGrid.js';
export type { TrainOptions } from './streams/train.js';
export { train } from './streams/train.js';
export type { TrainerLike } from './streams/trainerLike.js';
export type { BatchRecipe, Stepper, TrainStepOptions } from './streams/trainStep.js';
export { trainStep } from './streams/trainStep.js';
export { watchFinite } from './streams/watchFinite.js';
export { writeAnimation } from './streams/writeAnimation.js';
export type { WriteCheckpointsOptions } from './streams/writeCheckpoints.js';
export { writeCheckpoints } from './streams/writeCheckpoints.js';
export { writeImages } from './streams/writeImages.js';
export type { PreviewKind, PreviewPosition, WritePreviewsOptions } from './streams/writePreviews.js';
export { writePreviews } from './streams/writePreviews.js';
export type { WriteTensorBoardOptions } from './streams/writeTensorBoard.js';
export { writeTensorBoard } from './streams/writeTensorBoard.js';
/* Training */
export type {
  Position,
  Snapshot,
  StepResult,
  TrainerOptions,
  TrainerSampleOptions,
  TrainerState,
} from './training/trainer.js';
export { Trainer } from './training/trainer.js';
