/** Sample events of a run. */
import type { StartedEvent, StepEvent } from '../../src/streams/run/events.js';
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
