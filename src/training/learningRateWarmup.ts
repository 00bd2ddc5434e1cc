import type { TrainingConfig } from '../config/types.js';

/**
 * Factor on the learning rate in the first steps of a run: 1/n, 2/n, ... 1, where n is `learningRateWarmupSteps`. Depends on the position
 * alone, so that a resumed run continues the warm-up where it was; a step that was not applied counts.
 * @param step finished steps of the run, 0 in its first step
 */
export function learningRateWarmup(step: number, { learningRateWarmupSteps: steps }: TrainingConfig): number {
  return step + 1 >= steps ? 1 : (step + 1) / steps;
}
