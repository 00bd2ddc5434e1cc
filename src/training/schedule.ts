/** The learning rate of each epoch. Epochs count from 0. */
import type { TrainingConfig } from '../config/types.js';

/**
 * Learning rate of an epoch: constant during the warm-up and one more epoch, then half a cosine down to `learningRateMin` in the
 * last epoch. Constant throughout if the number of epochs is unlimited or not larger than that.
 */
export function learningRate(epoch: number, training: TrainingConfig): number {
  const { learningRate: highest, learningRateMin: lowest, warmupEpochs, epochs } = training;
  const start = warmupEpochs + 1;
  const length = epochs - start;
  if (epoch <= start || length <= 0) return highest;
  const progress = Math.min((epoch - start) / length, 1);
  return lowest + ((highest - lowest) * (1 + Math.cos(Math.PI * progress))) / 2;
}
