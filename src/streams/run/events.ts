/**
 * What a run tells: plain values that anything may buffer, share, replay or write as JSON. Events, like checkpoints, count
 * epochs from 0, since schedules go by the number of finished ones; what people read counts them from 1.
 */

import type { Position } from '../../checkpoint/snapshot.js';
import type { NvaeConfig } from '../../config/types.js';
import type { StepResult } from '../../training/trainer.js';

/** The run is ready to take its first step. */
export interface StartedEvent {
  readonly type: 'started';
  readonly name: string;
  readonly engine: string;
  /** For people, for example "AVX-512, 2 threads". */
  readonly engineDescription: string;
  /** Of the process that trains. */
  readonly pid: number;
  readonly seed: number;
  readonly config: NvaeConfig;
  /** Number of trained values. */
  readonly parameters: number;
  /** Of each latent group for one image, in the order of `StepEvent.klPerGroup`. */
  readonly latentShapes: readonly (readonly [height: number, width: number, channels: number])[];
  /** Image files of the dataset. */
  readonly images: number;
  readonly batchSize: number;
  /** -1: until stopped. */
  readonly epochs: number;
  /** After which it stops as if asked to; null: not. */
  readonly secondsLimit: number | null;
  /** Where the run goes on from; null for a new one. */
  readonly resumed: Position | null;
}

/** One step is finished. */
export interface StepEvent extends StepResult {
  readonly type: 'step';
  /** Image files of this epoch that have been taken, damaged ones included. */
  readonly imagesTaken: number;
  /** Seconds that the step waited for its images. */
  readonly waitSeconds: number;
  /** Resident memory of the process after it; only where the step is one of a whole run. */
  readonly residentBytes?: number;
}

/**
 * Losses in nats per image: means over the images of all steps that were applied since the epoch began, or since the run
 * was started or resumed within it. NaN where there was no such step.
 */
export interface EpochMeans {
  /** Images that the means are over. */
  readonly imagesTrained: number;
  /** As in `StepEvent`, each step with the weights and the KL's coefficient of its own time. */
  readonly loss: number;
  readonly reconstructionLoss: number;
  readonly balancedKl: number;
  readonly regularization: number;
  readonly kl: number;
  /** Empty where no step was applied. */
  readonly klPerGroup: readonly number[];
}

/** All images of an epoch have been taken. */
export interface EpochEvent extends Position, EpochMeans {
  readonly type: 'epoch';
  /** Image files of this epoch. */
  readonly imagesTaken: number;
  readonly seconds: number;
}

/** The run holds before its next step. */
export interface PausedEvent extends Position {
  readonly type: 'paused';
}

/** The run goes on after having been held. */
export interface ResumedEvent extends Position {
  readonly type: 'resumed';
}

/** A checkpoint is on disk. */
export interface CheckpointEvent extends Position {
  readonly type: 'checkpoint';
  readonly path: string;
  /** Seconds that writing took. */
  readonly seconds: number;
}

/** A picture is on disk. */
export interface PreviewEvent {
  readonly type: 'preview';
  /** Inputs above their reconstructions, or new images. */
  readonly kind: 'reconstruction' | 'samples';
  readonly path: string;
  readonly step: number;
  readonly imagesSeen: number;
}

/** Something that the run survives. */
export interface WarningEvent {
  readonly type: 'warning';
  /** What it is about: `dataset`, `checkpoint`, `configuration`, `step`, or a side stream's name. */
  readonly about: string;
  readonly message: string;
}

/** The process of a run has ended without having been asked to; only where the run has a process of its own. */
export interface CrashEvent {
  readonly type: 'crash';
  /** What happened, and what is done about it. */
  readonly message: string;
  readonly signal: string | null;
  readonly exitCode: number | null;
  /** The last of what it printed. */
  readonly output: string;
  /** How often it has ended since the last new checkpoint. */
  readonly crashes: number;
  /** Seconds until it is started again from its last checkpoint; null where it is not. */
  readonly restartSeconds: number | null;
}

/** All epochs are done. */
export interface FinishedEvent extends Position {
  readonly type: 'finished';
  /** The final model's file. */
  readonly model: string;
  readonly seconds: number;
}

/** The run was asked to stop and can be resumed. */
export interface StoppedEvent extends Position {
  readonly type: 'stopped';
  readonly reason: 'stop' | 'seconds';
  /** The file to go on from; null where no step was made. */
  readonly checkpoint: string | null;
  readonly seconds: number;
}

/** A run has ended with an error; only in its journal, since whoever listens to the run gets the error itself. */
export interface FailedEvent {
  readonly type: 'failed';
  /** The error's name: `NonFiniteLossError`. */
  readonly error: string;
  readonly message: string;
}

export type TrainEvent =
  | StartedEvent
  | StepEvent
  | EpochEvent
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
