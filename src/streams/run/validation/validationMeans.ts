import { bitsPerDimension } from '../../../base/bitsPerDimension.js';
import type { BatchEvaluation } from '../../../model/evaluation/batchEvaluation.js';
import type { ValidationEvent } from '../events.js';

/** The measured part of a `ValidationEvent`. */
export type ValidationMeans = Pick<
  ValidationEvent,
  'images' | 'negativeElbo' | 'reconstructionLoss' | 'kl' | 'klPerGroup' | 'bitsPerDimension'
>;

/** What `validationMeans` needs of an evaluated batch. */
export type Measured = Pick<
  BatchEvaluation,
  'negativeElbo' | 'negativeElboMass' | 'reconstructionLoss' | 'kl'
>;

/**
 * Means over the images of the added batches; every image counts the same, whichever batch it was in.
 *
 * @param dimensions number of values of an image
 */
export function validationMeans(dimensions: number) {
  let images = 0;
  let [negativeElbo, negativeElboMass, reconstructionLoss] = [0, 0, 0];
  let klPerGroup: readonly number[] = [];
  return {
    add(batch: Measured): void {
      images += batch.negativeElbo.length;
      negativeElbo += sum(batch.negativeElbo);
      negativeElboMass += sum(batch.negativeElboMass);
      reconstructionLoss += sum(batch.reconstructionLoss);
      klPerGroup = batch.kl.map((kl, group) => (klPerGroup[group] ?? 0) + sum(kl));
    },
    /** NaN where a batch had a value that is not finite, or there was none. */
    means(): ValidationMeans {
      const perGroup = klPerGroup.map((kl) => kl / images);
      return {
        images,
        negativeElbo: negativeElbo / images,
        reconstructionLoss: reconstructionLoss / images,
        kl: perGroup.reduce((total, kl) => total + kl, 0),
        klPerGroup: perGroup,
        bitsPerDimension: bitsPerDimension(negativeElboMass / images, dimensions),
      };
    },
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
