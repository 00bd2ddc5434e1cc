/** Custom loss functions: their input, and what they must return. */
import { cut, describeValue, printable } from '../base/messageText.js';
import * as tf from '../engine/tf.js';
import type { OutputDistribution } from '../model/distributions/outputDistribution.js';
import type { ForwardResult } from '../model/nvae.js';

/** The terms that training minimises by default, weighted: scalars in nats per image. */
export type DefaultTerms = {
  /** -log p(image | latents). */
  readonly reconstruction: tf.Scalar;
  /** The balanced KL, times the KL constant and the KL weight of the warm-up. */
  readonly kl: tf.Scalar;
  /** The regularisation, times its constant factor; 0 if the factor is 0. */
  readonly regularization: tf.Scalar;
};

/**
 * The input of a `LossFunction` for one batch, or one part of it. All tensors belong to the step: use them only inside the call, and
 * dispose none.
 */
export interface LossInput extends ForwardResult {
  /** The batch, or the part of it that is worked on, `[B, H, W, channels]` in [0, 1], after augmentation. */
  readonly images: tf.Tensor4D;
  /** The model's distribution of the images' colours; `output.mean()` is the reconstruction. */
  readonly output: OutputDistribution;
  /** The default terms; return those that training should keep. */
  readonly terms: DefaultTerms;
  /** Number of finished epochs, as counted by the KL warm-up. */
  readonly epoch: number;
}

/**
 * Returns the terms of the loss by name; training minimises their sum.
 *
 * Return the default terms and others to add some, another tensor under the same name to replace one, or fewer to omit some.
 * Each is a float32 scalar in nats per image (a mean over the batch), made by differentiable tfjs operations from the tensors in
 * `input`. Their values are in `StepResult.terms` and in the run's logs, by name.
 *
 * Called once per step, synchronously, while the operations are recorded for the backward pass; with `accumulationSteps` once for each
 * part of the batch, which is then its batch, and the terms are averaged by the parts' shares of the images. It must return the same
 * terms for every part. In a group of ranks, each rank's images are a part in the same sense; a rank without images calls it with one
 * image that does not count. Tensors it makes are disposed after the step. If it throws, the step fails and the run ends. A checkpoint does
 * not contain it: pass the same function at a resume.
 *
 * @example
 * const loss: LossFunction = ({ images, output, terms }) => ({
 *   ...terms,
 *   brightness: tf.mul(100, tf.square(tf.sub(tf.mean(output.mean()), tf.mean(images)))) as tf.Scalar,
 * });
 */
export type LossFunction = (input: LossInput) => Readonly<Record<string, tf.Scalar>>;

/** Names that a step and its logs use for other numbers. */
const taken = /^(loss|rec_loss|kl_loss(_\d+)?|reg_loss|kl_coefficient|learning_rate|gradient_norm)$/;

/** @throws TypeError when the returned value violates the rules of `LossFunction` */
export function checkTerms(returned: unknown): [name: string, term: tf.Scalar][] {
  if (typeof returned !== 'object' || returned === null || 'then' in returned) {
    const got = typeof returned === 'object' && returned !== null ? 'a promise' : describeValue(returned);
    throw new TypeError(`loss: the function must return terms by name, such as { ...terms }, got ${got}`);
  }
  const terms = Object.entries(returned);
  if (terms.length === 0) throw new TypeError('loss: the function returned no term; return at least one');
  for (const [name, term] of terms) checkTerm(name, term);
  return terms;
}

function checkTerm(name: string, term: unknown): void {
  if (!/^[A-Za-z]\w*$/.test(name) || taken.test(name)) {
    const problem = taken.test(name) ? 'is reported by every step already' : 'is no name';
    throw new TypeError(`loss: "${cut(printable(name))}" ${problem}; name the term differently`);
  }
  if (!(term instanceof tf.Tensor)) {
    const remedy = 'make it with the tf of rx-nvae/model';
    throw new TypeError(`loss: ${name} must be a scalar tensor, got ${describeValue(term)}; ${remedy}`);
  }
  if (term.rank !== 0 || term.dtype !== 'float32') {
    const got = `${term.dtype} of shape [${term.shape.join(', ')}]`;
    throw new TypeError(`loss: ${name} must be a float32 scalar, got ${got}; take its mean over the batch`);
  }
}
