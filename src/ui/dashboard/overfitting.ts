/**
 * Whether a model over-fits, judged by the validations of its run: for several validations in a row there is no new best, and the
 * mean over the training images is lower than at the best. Without the second condition a run has levelled off, or its loss
 * rises for another reason, such as the KL warm-up. Pure.
 */
import type { ValidationPoint } from './validations.js';

export interface Assessment {
  /** Bits per dimension of the last validation. */
  readonly bitsPerDimension: number;
  /** The best validation; null if no validation has a finite value. */
  readonly best: { readonly bitsPerDimension: number; readonly epoch: number } | null;
  /** Validations since the best one. */
  readonly since: number;
  /** Number of validations. */
  readonly count: number;
  /**
   * What the negative ELBO of the last validation has more than the mean over the training images of the same epoch, as a share
   * of that mean; null if unknown, or if the mean is not positive.
   */
  readonly gap: number | null;
  readonly overfits: boolean;
}

/** Number of validations without a new best after which a model may over-fit. */
const patience = 3;
/** The least that the last validation must be worse than the best, as a share. Less is noise. */
const tolerance = 0.001;

/** Null before the first validation. */
export function assess(validations: readonly ValidationPoint[]): Assessment | null {
  const last = validations.at(-1);
  if (!last) return null;
  const { bitsPerDimension, training, negativeElbo } = last;
  const best = last.bestModel ?? leastOf(validations);
  const since = best ? validations.filter(({ epoch }) => epoch > best.epoch).length : validations.length;
  const then = best && validations.find(({ epoch }) => epoch >= best.epoch);
  const trainingImproves =
    training !== null && typeof then?.training === 'number' && training < then.training;
  const isWorse =
    best !== null && bitsPerDimension - best.bitsPerDimension >= tolerance * Math.abs(best.bitsPerDimension);
  const gap = training !== null && training > 0 ? negativeElbo / training - 1 : null;
  return {
    bitsPerDimension,
    best: best && { bitsPerDimension: best.bitsPerDimension, epoch: best.epoch },
    since,
    count: validations.length,
    gap: gap !== null && Number.isFinite(gap) ? gap : null,
    overfits: since >= patience && isWorse && trainingImproves,
  };
}

function leastOf(validations: readonly ValidationPoint[]): ValidationPoint | null {
  const finite = validations.filter(({ bitsPerDimension }) => Number.isFinite(bitsPerDimension));
  return finite.reduce<ValidationPoint | null>(
    (least, each) => (least && least.bitsPerDimension <= each.bitsPerDimension ? least : each),
    null,
  );
}

/** `3.412 bits/dim` */
export function validationText({ bitsPerDimension }: Assessment): string {
  return `${bitsPerDimension.toFixed(3)} bits/dim`;
}

/** The judgement in a few words. */
export function verdictText({ overfits, since, count }: Assessment): string {
  if (overfits) return 'over-fitting';
  if (since === 0) return count === 1 ? 'first validation' : 'best so far';
  return sinceText(since);
}

/** What led to the judgement, the most important first; without what `verdictText` says. */
export function reasonTexts({ overfits, since, best, gap }: Assessment): string[] {
  return [
    gap === null ? '' : gapText(gap),
    overfits ? `${sinceText(since)} while training improves` : '',
    best && since > 0 ? `best ${best.bitsPerDimension.toFixed(3)} at epoch ${best.epoch + 1}` : '',
  ].filter(Boolean);
}

function sinceText(since: number): string {
  return `no better for ${since} ${since === 1 ? 'validation' : 'validations'}`;
}

/** While the weights still improve much within an epoch, its mean is above the validation after it; how much says nothing. */
function gapText(gap: number): string {
  return gap < 5e-4 ? 'no gap to training' : `gap to training +${(100 * gap).toFixed(1)} %`;
}
