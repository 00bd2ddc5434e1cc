/** Computes the training loss from KL and likelihood. All values are in nats, per image unless stated otherwise. */
import * as tf from '../engine/tf.js';
import { asConstant } from './constants.js';
import type { ModelPlan } from './plan.js';

/** Sums the log probabilities of all colours `[B, H, W, 3]` to the log likelihood per image `[B]`. */
export function logLikelihood(logProb: tf.Tensor4D): tf.Tensor1D {
  return tf.sum(logProb, [1, 2, 3]);
}

/** Returns the weight of the KL: 0 in the first epoch, 1 from epoch `warmupEpochs` on. `epoch` is the number of finished epochs. */
export function klCoefficient(epoch: number, warmupEpochs: number): number {
  return warmupEpochs === 0 ? 1 : Math.min(epoch / warmupEpochs, 1);
}

/** Returns the weight of each group's KL during the warm-up, `[L]` with mean 1, constant for the gradient. kl is `[L, B]`. */
export function klWeights(plan: ModelPlan, kl: tf.Tensor2D): tf.Tensor1D {
  return asConstant(kl, (constant) => {
    const multipliers = tf.tensor1d(plan.groups.map((group) => group.klMultiplier));
    const weights = tf.div(tf.add(tf.mean(tf.abs(constant), 1), 0.01), multipliers) as tf.Tensor1D;
    return tf.div(weights, tf.mean(weights));
  });
}

/**
 * Returns the KL that training minimises. During the warm-up, groups with little KL get a lower weight (NVAE, Vahdat & Kautz
 * 2020, section 3.1 and the appendix); after it, this is the plain sum. kl is `[L, B]`; the result is `[B]` or, after the
 * warm-up, a scalar: the mean over the batch.
 */
export function balancedKl(plan: ModelPlan, kl: tf.Tensor2D, epoch: number, warmupEpochs: number): tf.Tensor {
  if (epoch >= warmupEpochs) return tf.mean(tf.sum(kl, 0));
  return tf.sum(tf.mul(tf.reshape(klWeights(plan, kl), [-1, 1]), kl), 0);
}
