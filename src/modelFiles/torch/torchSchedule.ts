import type { TrainingConfig } from '../../config/types.js';

/** So slow a fall of the learning rate that it is none. */
const endless = 1e9;

/** Whether the learning rate never falls: without an end of training, or because the schedule is constant. */
export function isEndless({ epochs, learningRateSchedule }: TrainingConfig): boolean {
  return epochs === -1 || learningRateSchedule === 'constant';
}

/**
 * `T_max` of PyTorch's cosine: the number of epochs in which the learning rate falls. If it does not fall here, PyTorch's cosine, which
 * must have a length, gets one of a billion epochs.
 */
export function torchCosineLength(training: TrainingConfig): number {
  return isEndless(training) ? endless : training.epochs - training.warmupEpochs - 1;
}

/** How many steps PyTorch's schedule has made after some finished epochs: one for each after the warm-up and one more epoch. */
export function torchScheduleSteps(epoch: number, { warmupEpochs }: TrainingConfig): number {
  return Math.max(0, epoch - Math.floor(warmupEpochs) - 1);
}
