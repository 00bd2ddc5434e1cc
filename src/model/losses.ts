/** Computes the training loss from KL and likelihood. All values are in nats, per image unless stated otherwise. */
import type { KlBalancing, TrainingConfig } from '../config/types.js';
import { wholeSum } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import type { WholeBatch } from '../engine/wholeBatch.js';
import { asConstant } from './constants.js';
import { sizeOf } from './parameterSpec.js';
import { latentShapes, type ModelPlan } from './plan.js';

/** Sums the log probabilities of all colours or pixels, `[B, H, W, ...]`, to the log likelihood per image `[B]`. */
export function logLikelihood(logProb: tf.Tensor4D): tf.Tensor1D {
  return tf.sum(logProb, [1, 2, 3]);
}

/** Returns the weight of the KL: 0 in the first epoch, 1 from epoch `warmupEpochs` on. `epoch` is the number of finished epochs. */
export function klCoefficient(epoch: number, warmupEpochs: number): number {
  return warmupEpochs === 0 ? 1 : Math.min(epoch / warmupEpochs, 1);
}

/** The part of a configuration that decides how the KL is balanced. */
export type BalanceConfig = Pick<TrainingConfig, 'warmupEpochs' | 'klBalancing'>;

/** Added to the mean KL of a group, in nats: by the reference, and only against 0 / 0 by the paper's formula, which adds nothing. */
const addedKl = { inverse_size: 0.01, size: 1e-6 } as const;

/**
 * Returns the weight of each group's KL during the warm-up, `[L]` with mean 1, constant for the gradient. kl is `[L, B]`.
 *
 * `inverse_size` is the mean KL over the size of the group, as in the reference, where a group is the smaller the more groups its
 * scale has. `size` is the mean KL times the number of latent variables of the group, as printed in NVAE (Vahdat & Kautz 2020),
 * appendix A.
 *
 * The mean is over the whole batch, of which kl may be a part.
 */
export function klWeights(
  plan: ModelPlan,
  kl: tf.Tensor2D,
  balancing: KlBalancing,
  whole?: WholeBatch,
): tf.Tensor1D {
  return asConstant(kl, (constant) => {
    const magnitudes = tf.abs(constant);
    const mean = whole
      ? tf.div(wholeSum(tf.sum(magnitudes, 1), whole), whole.images)
      : tf.mean(magnitudes, 1);
    const means = tf.add(mean, addedKl[balancing]);
    const weights =
      balancing === 'size'
        ? tf.mul(means, tf.tensor1d(relativeSizes(plan)))
        : tf.div(means, tf.tensor1d(plan.groups.map((group) => group.klMultiplier)));
    return tf.div(weights, tf.mean(weights)) as tf.Tensor1D;
  });
}

/** Returns the number of latent variables of each group, relative to the largest, so that no product is large. */
function relativeSizes(plan: ModelPlan): number[] {
  const sizes = latentShapes(plan).map(sizeOf);
  const largest = Math.max(...sizes);
  return sizes.map((size) => size / largest);
}

/**
 * Returns the KL that training minimises. During the warm-up, groups with little KL get a lower weight (NVAE, Vahdat & Kautz
 * 2020, section 3.1 and the appendix); after it, this is the plain sum. kl is `[L, B]`; the result is `[B]` or, after the
 * warm-up, a scalar: the mean over the batch. kl may be a part of the whole batch, whose means then decide the weights.
 */
export function balancedKl(
  plan: ModelPlan,
  kl: tf.Tensor2D,
  epoch: number,
  { warmupEpochs, klBalancing }: BalanceConfig,
  whole?: WholeBatch,
): tf.Tensor {
  if (epoch >= warmupEpochs) return tf.mean(tf.sum(kl, 0));
  return tf.sum(tf.mul(tf.reshape(klWeights(plan, kl, klBalancing, whole), [-1, 1]), kl), 0);
}
