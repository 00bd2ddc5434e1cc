/**
 * `rx-nvae/run`: runs in processes of their own, and journals of runs. Loads neither the engine nor sharp nor Ink, so that
 * what starts and watches runs is there at once.
 *
 * @module rx-nvae/run
 */
// Supervised runs

export type { TrainInProcessOptions } from '../streams/process/trainInProcess.js';
export { trainInProcess } from '../streams/process/trainInProcess.js';
export { RunCrashedError } from '../streams/run/errors.js';
export type { RunCommand } from '../streams/run/runCommand.js';

// Events

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
} from '../streams/run/events.js';

// Journals

export type { JournalEntry, Journaled } from '../streams/journal/entry.js';
export type { ReadJournalOptions } from '../streams/journal/readJournal.js';
export { readJournal } from '../streams/journal/readJournal.js';

// Summaries of runs

export { listRuns } from '../streams/runs/listRuns.js';
export type { RunSummariesOptions } from '../streams/runs/runSummaries.js';
export { runSummaries } from '../streams/runs/runSummaries.js';
export type { RunSummary, RunSummaryStatus, ValidationSummary } from '../streams/runs/runSummary.js';
export type { SummarizeRunOptions } from '../streams/runs/summarizeRun.js';
export { summarizeRun } from '../streams/runs/summarizeRun.js';

// Configuration

export { ConfigError } from '../config/configError.js';
export type { ConfigListing, LoadConfigOptions } from '../config/loadConfig.js';
export { listConfigs, loadConfig } from '../config/loadConfig.js';
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
