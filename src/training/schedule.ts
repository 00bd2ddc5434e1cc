/** The learning rate of each epoch. Epochs count from 0. */
import type { TrainingConfig } from '../config/types.js';

/**
 * Learning rate of an epoch: constant during the KL warm-up and one more epoch, then down to `learningRateMin` in the last epoch, along
 * half a cosine or a straight line. Constant throughout if the schedule is constant, or if the number of epochs is unlimited or not
 * larger than that.
 */
export function learningRate(epoch: number, training: TrainingConfig): number {
  const { learningRate: highest, learningRateMin: lowest, warmupEpochs, epochs } = training;
  const start = warmupEpochs + 1;
  const length = epochs - start;
  if (epoch <= start || length <= 0 || training.learningRateSchedule === 'constant') return highest;
  const progress = Math.min((epoch - start) / length, 1);
  if (training.learningRateSchedule === 'linear') return highest + (lowest - highest) * progress;
  return lowest + ((highest - lowest) * (1 + Math.cos(Math.PI * progress))) / 2;
}
