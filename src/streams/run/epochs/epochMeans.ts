import type { EpochMeans, StepEvent } from '../events.js';

const losses = ['loss', 'reconstructionLoss', 'balancedKl', 'regularization', 'kl'] as const;

/** Means over the images of the added steps; steps that were not applied do not count. */
export function epochMeans() {
  const sums = { loss: 0, reconstructionLoss: 0, balancedKl: 0, regularization: 0, kl: 0 };
  let klPerGroup: readonly number[] = [];
  let images = 0;
  return {
    add(step: StepEvent): void {
      if (!step.applied) return;
      images += step.batchSize;
      for (const name of losses) sums[name] += step[name] * step.batchSize;
      klPerGroup = step.klPerGroup.map((kl, group) => (klPerGroup[group] ?? 0) + kl * step.batchSize);
    },
    means(): EpochMeans {
      return {
        imagesTrained: images,
        loss: sums.loss / images,
        reconstructionLoss: sums.reconstructionLoss / images,
        balancedKl: sums.balancedKl / images,
        regularization: sums.regularization / images,
        kl: sums.kl / images,
        klPerGroup: klPerGroup.map((sum) => sum / images),
      };
    },
  };
}
