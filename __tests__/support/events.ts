/** Sample events of a run. */
import type { EpochEvent, StartedEvent, StepEvent, ValidationEvent } from '../../src/streams/run/events.js';
import { smallConfig } from './checkpoints.js';

export function startedEvent(changes: Partial<StartedEvent> = {}): StartedEvent {
  return {
    type: 'started',
    name: 'small',
    engine: 'native',
    engineDescription: 'AVX-512, 2 threads',
    pid: 1,
    seed: 0,
    config: smallConfig(),
    parameters: 1000,
    latentShapes: [
      [2, 2, 4],
      [4, 4, 4],
    ],
    images: 10,
    batchSize: 1,
    epochs: 1,
    secondsLimit: null,
    resumed: null,
    initFrom: null,
    ...changes,
  };
}

export function stepEvent(step: number, changes: Partial<StepEvent> = {}): StepEvent {
  return {
    type: 'step',
    step,
    epoch: 0,
    batchInEpoch: step,
    batchSize: 1,
    imagesSeen: step,
    imagesTaken: step,
    seconds: 0,
    waitSeconds: 0,
    loss: 1,
    reconstructionLoss: 1,
    balancedKl: 0,
    regularization: 0,
    klPerGroup: [],
    kl: 0,
    gradientNorm: 1,
    klCoefficient: 1,
    learningRate: 1,
    clipFactor: 1,
    applied: true,
    nonFinite: null,
    zero: null,
    ...changes,
  };
}

/** A validation after an epoch; the best unless the changes say otherwise. */
export function validationEvent(epoch: number, changes: Partial<ValidationEvent> = {}): ValidationEvent {
  const bitsPerDimension = changes.bitsPerDimension ?? 3;
  return {
    type: 'validation',
    epoch,
    batchInEpoch: 0,
    step: epoch + 1,
    imagesSeen: epoch + 1,
    images: 4,
    negativeElbo: 1,
    reconstructionLoss: 1,
    kl: 0,
    klPerGroup: [0, 0],
    bitsPerDimension,
    best: true,
    bestModel: { path: 'small.best.model', bitsPerDimension, epoch },
    seconds: 1,
    ...changes,
  };
}

/** The end of an epoch with its mean losses. */
export function epochEvent(epoch: number, changes: Partial<EpochEvent> = {}): EpochEvent {
  return {
    type: 'epoch',
    epoch,
    batchInEpoch: 0,
    step: epoch + 1,
    imagesSeen: epoch + 1,
    imagesTaken: 1,
    seconds: 1,
    imagesTrained: 1,
    loss: 1,
    reconstructionLoss: 1,
    balancedKl: 0,
    regularization: 0,
    kl: 0,
    klPerGroup: [0, 0],
    ...changes,
  };
}
