/**
 * The events of a run: plain values that can be buffered, shared, replayed or written as JSON. Events and checkpoints count
 * epochs from 0, because schedules count finished epochs; people see 1 for the first.
 */

import type { Position } from '../../checkpoint/snapshot.js';
import type { NvaeConfig } from '../../config/types.js';
import type { StepResult } from '../../training/trainer.js';

/** The run is open and about to make its first step. */
export interface StartedEvent {
  readonly type: 'started';
  /** Name of the run. */
  readonly name: string;
  /** Name of the engine, for example `native`. */
  readonly engine: string;
  /** The engine for people to read, for example "AVX-512, 2 threads". */
  readonly engineDescription: string;
  /** Id of the process that trains. */
  readonly pid: number;
  /** Seed of all random draws; a resumed run keeps the one of its checkpoint. */
  readonly seed: number;
  /** The configuration, with the name of the run. */
  readonly config: NvaeConfig;
  /** Number of trainable values of the model. */
  readonly parameters: number;
  /** Shape of each latent group for one image, in the order of `StepEvent.klPerGroup`. */
  readonly latentShapes: readonly (readonly [height: number, width: number, channels: number])[];
  /** Number of images to train on: those of the dataset without held-out ones. */
  readonly images: number;
  /** Number of held-out images that a validation measures. @default no validation */
  readonly validationImages?: number;
  /** Images per step, of all ranks; the last step of an epoch may have fewer. */
  readonly batchSize: number;
  /** Number of ranks that train together. @default 1 */
  readonly ranks?: number;
  /** Epochs to train; -1: until stopped. */
  readonly epochs: number;
  /** Seconds after which the run stops; null for no limit. */
  readonly secondsLimit: number | null;
  /** Position of the checkpoint that the run resumes from; null for a new run. */
  readonly resumed: Position | null;
  /**
   * Where the weights of a new run come from: `initFrom`, or the name of its configuration if it is a model as plain data. null:
   * the weights are random, or those of the checkpoint that the run resumes from.
   */
  readonly initFrom: string | null;
}

/** One step is done. Losses are in nats per image. */
export interface StepEvent extends StepResult {
  readonly type: 'step';
  /** Images of this epoch taken from the dataset so far, damaged ones included. */
  readonly imagesTaken: number;
  /** Seconds that the step waited for its batch; in a group, for those of all ranks. */
  readonly waitSeconds: number;
  /** Resident memory of the process after the step, in bytes; only in the events of `train` and `trainInProcess`. */
  readonly residentBytes?: number;
}

/**
 * Mean losses of an epoch in nats per image, over the images of all steps that were applied since the epoch began or since the run
 * was resumed within it. NaN if there was no such step.
 */
export interface EpochMeans {
  /** Number of images in the means. */
  readonly imagesTrained: number;
  /** Mean of `StepEvent.loss`: each step counts with the weights and the KL weight at that step. */
  readonly loss: number;
  /** Mean of `StepEvent.reconstructionLoss`. */
  readonly reconstructionLoss: number;
  /** Mean of `StepEvent.balancedKl`. */
  readonly balancedKl: number;
  /** Mean of `StepEvent.regularization`. */
  readonly regularization: number;
  /** Mean of `StepEvent.kl`: with `reconstructionLoss` it is the negative ELBO. */
  readonly kl: number;
  /** Mean KL of each latent group; empty if no step was applied. */
  readonly klPerGroup: readonly number[];
}

/** All images of an epoch have been taken. */
export interface EpochEvent extends Position, EpochMeans {
  readonly type: 'epoch';
  /** Images of this epoch taken from the dataset: all of them. */
  readonly imagesTaken: number;
  /** Seconds since the epoch began, or since the run was resumed within it. */
  readonly seconds: number;
}

/** The model with the lowest bits per dimension on the held-out images so far. */
export interface BestModel {
  /** Its file. */
  readonly path: string;
  /** Bits per dimension that it was measured to have. */
  readonly bitsPerDimension: number;
  /** Epoch, from 0, after which it was measured. */
  readonly epoch: number;
}

/**
 * The model was measured on the held-out images: in eval mode, with one draw of the latents per image that is the same in every
 * validation. Values are means over the images, in nats per image unless stated otherwise.
 */
export interface ValidationEvent extends Position {
  readonly type: 'validation';
  /** Number of images measured. */
  readonly images: number;
  /** Negative ELBO with the likelihood of training: comparable with `reconstructionLoss + kl` of steps and epochs. */
  readonly negativeElbo: number;
  /** Reconstruction loss with the likelihood of training. */
  readonly reconstructionLoss: number;
  /** KL of all latent groups, unweighted. */
  readonly kl: number;
  /** KL of each latent group, in the order of `StartedEvent.latentShapes`. */
  readonly klPerGroup: readonly number[];
  /** Bits per dimension of the exact 8-bit values: comparable between models of any output distribution. */
  readonly bitsPerDimension: number;
  /** Whether this is the best model so far, now written to `bestModel.path`. */
  readonly best: boolean;
  /** The best model so far, this one included; null while there is none, because a number is not finite or the file cannot be written. */
  readonly bestModel: BestModel | null;
  /** Seconds that the measurement took, without pauses. */
  readonly seconds: number;
}

/** The run is paused before its next step. */
export interface PausedEvent extends Position {
  readonly type: 'paused';
}

/** The run continues after a pause. */
export interface ResumedEvent extends Position {
  readonly type: 'resumed';
}

/** A checkpoint is on disk. */
export interface CheckpointEvent extends Position {
  readonly type: 'checkpoint';
  /** The checkpoint's file. */
  readonly path: string;
  /** Seconds that writing took, including failed tries. */
  readonly seconds: number;
}

/** A preview is on disk. */
export interface PreviewEvent {
  readonly type: 'preview';
  /** `reconstruction`: held-out images, or else images of the dataset, above their reconstructions; `samples`: new images. */
  readonly kind: 'reconstruction' | 'samples';
  /** The picture's file. */
  readonly path: string;
  /** Number of steps the model had made when it made the preview. */
  readonly step: number;
  /** Images trained on by then. */
  readonly imagesSeen: number;
}

/** Something went wrong, and the run continues. */
export interface WarningEvent {
  readonly type: 'warning';
  /** The subject: `dataset`, `checkpoint`, `weights`, `configuration`, `lock`, `memory`, `step`, `validation`, or the name of a side stream. */
  readonly about: string;
  /** What happened, and what to do, for people to read. */
  readonly message: string;
  /** The rank of a group whose problem it is; the message names it, too. @default rank 0, or there is no group */
  readonly rank?: number;
}

/** The process of a run has ended unexpectedly; only in the events of `trainInProcess`. */
export interface CrashEvent {
  readonly type: 'crash';
  /** What happened and what follows, for people to read. */
  readonly message: string;
  /** Signal that ended the process, for example `SIGKILL`; null for none. */
  readonly signal: string | null;
  /** Exit code of the process; null if a signal ended it. */
  readonly exitCode: number | null;
  /** The last 4000 characters that the process printed to standard error. */
  readonly output: string;
  /** Crashes since the last new checkpoint, including this one. */
  readonly crashes: number;
  /** Seconds until the process is restarted from its last checkpoint; null if it is not restarted. */
  readonly restartSeconds: number | null;
}

/** All epochs are done, and the final model is on disk. */
export interface FinishedEvent extends Position {
  readonly type: 'finished';
  /** The final model's file. */
  readonly model: string;
  /** The best model on the held-out images; null if there is none. @default no validation */
  readonly bestModel?: BestModel | null;
  /** Seconds since the run was opened. */
  readonly seconds: number;
}

/** The run was asked to stop, and can be resumed. */
export interface StoppedEvent extends Position {
  readonly type: 'stopped';
  /** `stop`: requested by `stop$` or a command; `seconds`: the time limit was reached. */
  readonly reason: 'stop' | 'seconds';
  /** The checkpoint that the run can resume from; null if no step was made. */
  readonly checkpoint: string | null;
  /** Seconds since the run was opened. */
  readonly seconds: number;
}

/** A run has ended with an error. Only in its journal: subscribers receive the error itself. */
export interface FailedEvent {
  readonly type: 'failed';
  /** Name of the error's class, for example `NonFiniteLossError`. */
  readonly error: string;
  /** The error's message. */
  readonly message: string;
}

/** The events that `train` and `trainInProcess` emit. `type` tells them apart. */
export type TrainEvent =
  | StartedEvent
  | StepEvent
  | EpochEvent
  | ValidationEvent
  | PausedEvent
  | ResumedEvent
  | CheckpointEvent
  | PreviewEvent
  | WarningEvent
  | CrashEvent
  | FinishedEvent
  | StoppedEvent;

export function warning(about: string, message: string): WarningEvent {
  return { type: 'warning', about, message };
}
