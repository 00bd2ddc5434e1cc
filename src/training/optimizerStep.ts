/** One optimisation step: gradients, checks, clipping, update. The caller provides images and noise. */
import { klCoefficient } from '../model/losses.js';
import type { Nvae } from '../model/nvae.js';
import { accumulateGradients, type BatchOptions, type BatchPart } from './accumulateGradients.js';
import type { Adamax } from './adamax.js';
import { learningRateWarmup } from './learningRateWarmup.js';
import type { LossTerms } from './lossTerms.js';
import { learningRate } from './schedule.js';
import type { AverageStep, WeightAverage } from './weightAverage.js';

export interface StepOptions extends BatchOptions {
  /** Number of finished steps. */
  readonly step: number;
}

export interface OptimizerStepResult extends LossTerms {
  /** Sum over the latent groups. */
  readonly kl: number;
  readonly klCoefficient: number;
  readonly learningRate: number;
  /** Factor by which the gradients were multiplied; 1: not clipped. */
  readonly clipFactor: number;
  /** False if a term or the gradient was not finite, or loss or gradient was exactly 0; then nothing was changed. */
  readonly applied: boolean;
  /** The first term that was not finite. */
  readonly nonFinite: string | null;
  /** What was exactly 0 although all values were finite: a broken engine leaves zeros, training does not. */
  readonly zero: 'loss' | 'gradientNorm' | null;
}

/**
 * Makes one step with the images of all parts. If the loss or its gradient is not finite or exactly 0, parameters, running averages,
 * optimiser and the average of the weights are not changed.
 */
export async function optimizerStep(
  model: Nvae,
  optimizer: Adamax,
  parts: readonly BatchPart[],
  { step, ...options }: StepOptions,
  average: WeightAverage | null = null,
): Promise<OptimizerStepResult> {
  const { epoch, training } = options;
  const pass = await accumulateGradients(model, parts, options);
  try {
    const terms = await pass.readTerms();
    const nonFinite = firstNonFinite(terms);
    const zero = nonFinite === null ? zeroTerm(terms) : null;
    const applied = nonFinite === null && zero === null;
    const rate = learningRate(epoch, training) * learningRateWarmup(step, training);
    const clipFactor = clipFactorOf(terms.gradientNorm, training.gradientClipping);
    if (applied) {
      const { weightDecay } = training;
      const update = (averaged?: AverageStep) => {
        optimizer.update(
          pass.packed,
          { learningRate: rate, weightDecay, gradientScale: clipFactor },
          averaged,
        );
        for (const statistics of pass.statistics) statistics.commit(model.store);
      };
      if (average) average.follow(update);
      else update();
      options.spectral?.commit();
    }
    return {
      ...terms,
      kl: terms.klPerGroup.reduce((sum, value) => sum + value, 0),
      klCoefficient: klCoefficient(epoch, training.warmupEpochs),
      learningRate: rate,
      clipFactor,
      applied,
      nonFinite,
      zero,
    };
  } finally {
    pass.dispose();
  }
}

/** min(1, limit / norm); the small constant is from the reference implementation. */
export function clipFactorOf(norm: number, limit: number | null): number {
  return limit === null ? 1 : Math.min(1, limit / (norm + 1e-6));
}

function firstNonFinite(terms: LossTerms): string | null {
  const group = terms.klPerGroup.findIndex((value) => !Number.isFinite(value));
  const named: [string, number][] = [
    ['reconstructionLoss', terms.reconstructionLoss],
    [`klPerGroup[${group}]`, group < 0 ? 0 : Number.NaN],
    ['balancedKl', terms.balancedKl],
    ['regularization', terms.regularization],
    ...Object.entries(terms.terms ?? {}),
    ['loss', terms.loss],
    ['gradientNorm', terms.gradientNorm],
  ];
  return named.find(([, value]) => !Number.isFinite(value))?.[0] ?? null;
}

/** Single terms may be 0, such as the KL of a latent group or a disabled regularisation. */
function zeroTerm({ loss, gradientNorm }: LossTerms): OptimizerStepResult['zero'] {
  if (loss === 0) return 'loss';
  return gradientNorm === 0 ? 'gradientNorm' : null;
}
