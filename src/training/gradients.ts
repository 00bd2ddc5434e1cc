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
import type { SpectralVectors } from '../model/spectralVectors.js';
import { checkTerms, type LossFunction } from './lossFunction.js';

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

/** The result of one backward pass. Owns its tensors until `dispose`. */
export interface Gradients {
  /** Gradients by parameter name, in our axis order. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** The same gradients, packed as the model's store packs its parameters. */
  readonly packed: readonly tf.Tensor[];
  /** Batch statistics of the forward pass, before they enter the running averages. */
  readonly statistics: BatchStatistics;
  /** Reads the numbers; the tensors stay valid. */
  readTerms(): Promise<LossTerms>;
  dispose(): void;
}

export interface LossOptions {
  readonly noise: Noise;
  /** Number of finished epochs. */
  readonly epoch: number;
  readonly training: TrainingConfig;
  /** State of the power iterations of the regularisation. @default none: the regularisation has estimates */
  readonly spectral?: SpectralVectors | undefined;
  /** Replaces the sum of the default terms. @default none */
  readonly loss?: LossFunction | undefined;
}

/** One forward and backward pass in training mode; does not change the model. images are `[B, H, W, channels]` in [0, 1]. */
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
    let termNames: readonly string[] | null = null;
    const loss = () => {
      const { loss, parts: packed, names } = lossOf(model, images, statistics, options);
      owned.push(tf.keep(packed));
      parts.push(packed);
      termNames = names;
      return loss;
    };
    const { value, gradients: computed } = withHalfPrecision(options.training.halfPrecision, () =>
      gradientsOf(loss, [...parameters.values()]),
    );
    owned.push(value, ...computed.filter((gradient) => gradient !== undefined));
    const names = [...parameters.keys()];
    const all = names.map((name, i) => {
      const gradient = computed[i] ?? (options.loss && tf.zerosLike(parameters.get(name) as tf.Tensor));
      if (!gradient) throw new Error(`internal: the loss does not depend on ${name}`);
      if (!computed[i]) owned.push(gradient);
      return gradient;
    });
    const together: tf.Tensor[] = [];
    for (const pack of packs) {
      together.push(packed(pack, all));
      owned.push(together.at(-1) as tf.Tensor);
    }
    const norm = globalNorm(together);
    owned.push(norm);
    const gradients = new Map(names.map((name, i) => [name, all[i] as tf.Tensor]));
    const read = () => readTerms([value, norm, ...parts], termNames);
    return { gradients, packed: together, statistics, readTerms: read, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The loss, and its parts in one tensor, so that reading them is one transfer. */
function lossOf(model: Nvae, images: tf.Tensor4D, statistics: BatchStatistics, options: LossOptions) {
  const { noise, epoch, training, spectral } = options;
  const { warmupEpochs, klConstant, regularizationConstant } = training;
  const weights = model.samplerWeights();
  const { parameters, kl } = model.forward(images, noise, 'train', {
    statistics,
    recompute: training.useTensorCheckpoints,
    weights,
  });
  const output = model.output(parameters);
  const reconstruction = tf.tidy(() => tf.neg(tf.mean(logLikelihood(output.logProb(images)))) as tf.Scalar);
  const balanced = tf.mean(balancedKl(model.plan, kl, epoch, training));
  const penalties = () =>
    spectral ? model.regularizationWith(spectral, noise, weights) : model.regularization(noise, weights);
  const regularization = regularizationConstant === 0 ? tf.scalar(0) : penalties();
  const terms = {
    reconstruction,
    kl: tf.mul(balanced, klConstant * klCoefficient(epoch, warmupEpochs)) as tf.Scalar,
    regularization: tf.mul(regularization, regularizationConstant) as tf.Scalar,
  };
  const own = options.loss && checkTerms(options.loss({ images, parameters, kl, output, terms, epoch }));
  const summed = own ? own.map(([, term]) => term) : Object.values(terms);
  const scalars = tf.stack([reconstruction, balanced, regularization, ...(own ? summed : [])]) as tf.Tensor1D;
  return {
    loss: tf.addN(summed) as tf.Scalar,
    parts: tf.concat([scalars, tf.mean<tf.Tensor1D>(kl, 1)]),
    names: own?.map(([name]) => name) ?? null,
  };
}

/** @param names the names of the terms of a `LossFunction`, in the order of their values; null without one */
async function readTerms(tensors: readonly tf.Tensor[], names: readonly string[] | null): Promise<LossTerms> {
  const together = tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
  try {
    const values = Array.from(await together.data<'float32'>());
    const at = (index: number) => values[index] ?? Number.NaN;
    const begin = 5;
    const terms = names?.map((name, i) => [name, at(begin + i)] as const);
    return {
      loss: at(0),
      gradientNorm: at(1),
      reconstructionLoss: at(2),
      balancedKl: at(3),
      regularization: at(4),
      klPerGroup: values.slice(begin + (names?.length ?? 0)),
      ...(terms && { terms: Object.fromEntries(terms) }),
    };
  } finally {
    together.dispose();
  }
}
