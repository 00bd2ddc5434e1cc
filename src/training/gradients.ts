/** The loss of one batch, its parts, and its gradients. */
import type { TrainingConfig } from '../config/types.js';
import { gradientsOf } from '../engine/gradients/gradientsOf.js';
import { withHalfPrecision } from '../engine/halfPrecision.js';
import { globalNorm } from '../engine/ops.js';
import { packed } from '../engine/packs.js';
import * as tf from '../engine/tf.js';
import { balancedKl, klCoefficient, logLikelihood } from '../model/losses.js';
import type { Nvae } from '../model/nvae.js';
import { BatchStatistics } from '../model/pass.js';
import type { Noise } from '../model/random.js';

/** Plain numbers, in nats per image. */
export interface LossTerms {
  /** What is minimised: reconstruction + klConstant * klCoefficient * balanced KL + constant * regularisation. */
  readonly loss: number;
  /** -log p(image | latents). */
  readonly reconstructionLoss: number;
  readonly balancedKl: number;
  /** Before its constant; 0 where the constant is 0. */
  readonly regularization: number;
  /** KL of every latent group, level 0 first. */
  readonly klPerGroup: readonly number[];
  /** 2-norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

/** Everything one backward pass leaves. Owns its tensors until `dispose`. */
export interface Gradients {
  /** By parameter name, in our axis order. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** The same, packed as the model's store packs its parameters. */
  readonly packed: readonly tf.Tensor[];
  /** What the forward pass saw; not yet in the running averages. */
  readonly statistics: BatchStatistics;
  /** Reads the numbers; the tensors stay. */
  readTerms(): Promise<LossTerms>;
  dispose(): void;
}

export interface LossOptions {
  readonly noise: Noise;
  /** Finished epochs. */
  readonly epoch: number;
  readonly training: TrainingConfig;
}

/** One training pass forward and backward; changes nothing in the model. images are `[B, H, W, 3]` in [0, 1]. */
export function computeGradients(model: Nvae, images: tf.Tensor4D, options: LossOptions): Gradients {
  const statistics = new BatchStatistics();
  const { parameters, packs } = model.store;
  const owned: tf.Tensor[] = [];
  const dispose = () => {
    statistics.dispose();
    tf.dispose(owned);
  };
  try {
    const parts: tf.Tensor1D[] = [];
    const loss = () => {
      const { loss, parts: packed } = lossOf(model, images, statistics, options);
      owned.push(tf.keep(packed));
      parts.push(packed);
      return loss;
    };
    const { value, gradients: computed } = withHalfPrecision(options.training.halfPrecision, () =>
      gradientsOf(loss, [...parameters.values()]),
    );
    owned.push(value, ...computed.filter((gradient) => gradient !== undefined));
    const names = [...parameters.keys()];
    const all = names.map((name, i) => gradientOf(name, computed[i]));
    const together: tf.Tensor[] = [];
    for (const pack of packs) {
      together.push(packed(pack, all));
      owned.push(together.at(-1) as tf.Tensor);
    }
    const norm = globalNorm(together);
    owned.push(norm);
    const gradients = new Map(names.map((name, i) => [name, all[i] as tf.Tensor]));
    const read = () => readTerms([value, norm, ...parts]);
    return { gradients, packed: together, statistics, readTerms: read, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The loss, and its parts side by side in one tensor, so that reading them is one transfer. */
function lossOf(model: Nvae, images: tf.Tensor4D, statistics: BatchStatistics, options: LossOptions) {
  const { noise, epoch, training } = options;
  const { warmupEpochs, klConstant, regularizationConstant } = training;
  const weights = model.samplerWeights();
  const { parameters, kl } = model.forward(images, noise, 'train', {
    statistics,
    recompute: training.useTensorCheckpoints,
    weights,
  });
  const reconstruction = tf.tidy(() =>
    tf.neg(tf.mean(logLikelihood(model.output(parameters).logProb(images)))),
  );
  const balanced = tf.mean(balancedKl(model.plan, kl, epoch, warmupEpochs));
  const regularization = regularizationConstant === 0 ? tf.scalar(0) : model.regularization(noise, weights);
  const weightedKl = tf.mul(balanced, klConstant * klCoefficient(epoch, warmupEpochs));
  const weightedRegularization = tf.mul(regularization, regularizationConstant);
  const loss = tf.addN([reconstruction, weightedKl, weightedRegularization]) as tf.Scalar;
  const scalars = tf.stack([reconstruction, balanced, regularization]) as tf.Tensor1D;
  return { loss, parts: tf.concat([scalars, tf.mean<tf.Tensor1D>(kl, 1)]) };
}

function gradientOf(name: string, gradient: tf.Tensor | undefined): tf.Tensor {
  if (!gradient) throw new Error(`internal: the loss does not depend on ${name}`);
  return gradient;
}

async function readTerms(tensors: readonly tf.Tensor[]): Promise<LossTerms> {
  const together = tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
  try {
    const [loss, gradientNorm, reconstructionLoss, balanced, regularization, ...klPerGroup] = Array.from(
      await together.data<'float32'>(),
    );
    return {
      loss: loss ?? Number.NaN,
      gradientNorm: gradientNorm ?? Number.NaN,
      reconstructionLoss: reconstructionLoss ?? Number.NaN,
      balancedKl: balanced ?? Number.NaN,
      regularization: regularization ?? Number.NaN,
      klPerGroup,
    };
  } finally {
    together.dispose();
  }
}
