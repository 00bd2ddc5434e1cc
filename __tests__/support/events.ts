/** Events as a run tells them. */
import type { StepEvent } from '../../src/streams/events.js';

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
    ...changes,
  };
}
