/** The numbers of a step's loss, and how they are read from the engine. */
import { globalNorm } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import type { ProcessGroup } from '../group/processGroup.js';

/** Plain numbers, in nats per image. */
export interface LossTerms {
  /**
   * The minimised value: reconstruction + klConstant * klCoefficient * balanced KL + constant * regularisation, or the sum of
   * `terms`.
   */
  readonly loss: number;
  /** -log p(image | latents). */
  readonly reconstructionLoss: number;
  readonly balancedKl: number;
  /** Without its constant factor; 0 if the factor is 0. */
  readonly regularization: number;
  /** KL of every latent group, group 0 first. */
  readonly klPerGroup: readonly number[];
  /** 2-norm over all gradients, before clipping. */
  readonly gradientNorm: number;
  /** Values of the terms returned by a `LossFunction`; absent without one. */
  readonly terms?: Readonly<Record<string, number>>;
}

/** The values of a loss, from one forward pass. */
export interface LossValues {
  /** Number of the pass's images, divided by the number in the step's batch. If 0, the values do not count. */
  readonly share: number;
  /** Scalars and vectors: the loss, reconstruction loss, balanced KL, regularisation, terms of a `LossFunction`, KL of each group. */
  readonly tensors: readonly tf.Tensor[];
}

/**
 * Reads the numbers of a step, in one transfer: those of its passes on all ranks, averaged by their shares.
 * @param passes one for each part of the batch; the tensors stay the caller's
 * @param gradients the gradients of the step; they stay the caller's
 * @param names the names of the terms of a `LossFunction`, in the order of their values; null without one
 * @param group the ranks that the batch is shared out to; all read their terms and get the same. Null: the passes are all
 */
export async function readTerms(
  passes: readonly LossValues[],
  gradients: readonly tf.Tensor[],
  names: readonly string[] | null,
  group: Pick<ProcessGroup, 'allReduce'> | null,
): Promise<LossTerms> {
  const together = tf.tidy(() => {
    const tensors = [globalNorm(gradients), ...passes.flatMap((pass) => pass.tensors)];
    return tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])));
  });
  try {
    const [gradientNorm = Number.NaN, ...values] = await together.data<'float32'>();
    const length = values.length / passes.length;
    const sums = new Float64Array(length).map((_, index) =>
      passes
        .map(({ share }, i) => (share === 0 ? 0 : share * (values[i * length + index] ?? Number.NaN)))
        .reduce((a, b) => a + b),
    );
    await group?.allReduce(sums);
    const at = (index: number) => sums[index] ?? Number.NaN;
    const begin = 4;
    const groups = begin + (names?.length ?? 0);
    const terms = names?.map((name, i) => [name, at(begin + i)] as const);
    return {
      loss: at(0),
      gradientNorm,
      reconstructionLoss: at(1),
      balancedKl: at(2),
      regularization: at(3),
      klPerGroup: Array.from({ length: length - groups }, (_, group) => at(groups + group)),
      ...(terms && { terms: Object.fromEntries(terms) }),
    };
  } finally {
    together.dispose();
  }
}
