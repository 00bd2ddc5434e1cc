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

/** Sums over images: their number, negative ELBO, negative ELBO of the exact values, reconstruction loss, and the KL of each group. */
const [counted, klBegin] = [0, 4];

/**
 * Means over the images of the added batches; every image counts the same, whichever batch it was in.
 *
 * @param dimensions number of values of an image
 * @param groups number of latent groups
 */
export function validationMeans(dimensions: number, groups: number) {
  const sums = new Float64Array(klBegin + groups);
  return {
    /** The sums; a group of ranks adds up those of all of them, in place. */
    sums,
    add(batch: Measured): void {
      sums[counted] = (sums[counted] ?? 0) + batch.negativeElbo.length;
      const values = [batch.negativeElbo, batch.negativeElboMass, batch.reconstructionLoss, ...batch.kl];
      for (const [i, ofImages] of values.entries()) sums[1 + i] = (sums[1 + i] ?? 0) + sum(ofImages);
    },
    /** NaN where a batch had a value that is not finite, or there was none. */
    means(): ValidationMeans {
      const [images = 0, negativeElbo = 0, negativeElboMass = 0, reconstructionLoss = 0, ...kl] = sums;
      const perGroup = kl.map((sum) => sum / images);
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
