import type { TrainingConfig } from '../../config/types.js';

/** So slow a fall of the learning rate that it is none. */
const endless = 1e9;

/**
 * `T_max` of PyTorch's cosine: the number of epochs in which the learning rate falls. Without an end of training it does not fall
 * here; PyTorch's cosine must have a length, so it gets one of a billion epochs.
 */
export function torchCosineLength({ epochs, warmupEpochs }: TrainingConfig): number {
  return epochs === -1 ? endless : epochs - warmupEpochs - 1;
}

/** How many steps PyTorch's schedule has made after some finished epochs: one for each after the warm-up and one more epoch. */
export function torchScheduleSteps(epoch: number, { warmupEpochs }: TrainingConfig): number {
  return Math.max(0, epoch - Math.floor(warmupEpochs) - 1);
}
