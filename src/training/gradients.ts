/** The loss of one batch, its parts, and its gradients. */
import type { TrainingConfig } from '../config/types.js';
import { gradientsOf } from '../engine/gradients/gradientsOf.js';
import { withHalfPrecision } from '../engine/halfPrecision.js';
import { packed } from '../engine/packs.js';
import * as tf from '../engine/tf.js';
import { balancedKl, klCoefficient, logLikelihood } from '../model/losses.js';
import type { Nvae } from '../model/nvae.js';
import { BatchStatistics } from '../model/pass.js';
import type { Noise } from '../model/random.js';
import type { SpectralVectors } from '../model/spectralVectors.js';
import { checkTerms, type LossFunction } from './lossFunction.js';
import { type LossTerms, type LossValues, readTerms } from './lossTerms.js';

/** What a step takes from its backward passes. Owns its tensors until `dispose`. */
export interface StepGradients {
  /** Gradients, packed as the model's store packs its parameters. */
  readonly packed: readonly tf.Tensor[];
  /** Batch statistics of each forward pass, in order, before they enter the running averages. */
  readonly statistics: readonly BatchStatistics[];
  /** Reads the numbers; the tensors stay valid. */
  readTerms(): Promise<LossTerms>;
  dispose(): void;
}

/** The result of one backward pass. Owns its tensors until `dispose`. */
export interface Gradients extends StepGradients {
  /** The gradients by parameter name, in our axis order. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** The numbers, before they are read. */
  readonly values: LossValues;
  /** Names of the terms of a `LossFunction`; null without one. */
  readonly termNames: readonly string[] | null;
  /** Frees the gradients alone. */
  disposeGradients(): void;
}

/** Makes a pass one of several over the parts of a batch, whose gradients and numbers are added up. */
export interface PartOptions {
  /** Number of images in the part, divided by that in the batch: the factor on its loss. */
  readonly share: number;
  /** Factor on the regularisation, besides the share. 0: it is not computed. */
  readonly regularization: number;
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

const whole: PartOptions = { share: 1, regularization: 1 };

/**
 * One forward and backward pass in training mode; does not change the model. images are `[B, H, W, channels]` in [0, 1].
 * @param part what the images are of a larger batch
 */
export function computeGradients(
  model: Nvae,
  images: tf.Tensor4D,
  options: LossOptions,
  part: PartOptions = whole,
): Gradients {
  const statistics = new BatchStatistics();
  const { parameters, packs } = model.store;
  const owned: tf.Tensor[] = []; // the numbers
  const ownedGradients: tf.Tensor[] = [];
  const disposeGradients = () => tf.dispose(ownedGradients);
  const dispose = () => {
    statistics.dispose();
    disposeGradients();
    tf.dispose(owned);
  };
  try {
    const parts: tf.Tensor1D[] = [];
    let termNames: readonly string[] | null = null;
    const loss = () => {
      const { loss, parts: packed, names } = lossOf(model, images, statistics, options, part);
      owned.push(tf.keep(packed));
      parts.push(packed);
      termNames = names;
      return loss;
    };
    const dy = part.share === 1 ? undefined : tf.scalar(part.share);
    if (dy) owned.push(dy);
    const { value, gradients: computed } = withHalfPrecision(options.training.halfPrecision, () =>
      gradientsOf(loss, [...parameters.values()], dy),
    );
    owned.push(value);
    ownedGradients.push(...computed.filter((gradient) => gradient !== undefined));
    const names = [...parameters.keys()];
    const all = names.map((name, i) => {
      const gradient = computed[i] ?? (options.loss && tf.zerosLike(parameters.get(name) as tf.Tensor));
      if (!gradient) throw new Error(`internal: the loss does not depend on ${name}`);
      if (!computed[i]) ownedGradients.push(gradient);
      return gradient;
    });
    const together: tf.Tensor[] = [];
    for (const pack of packs) {
      together.push(packed(pack, all));
      ownedGradients.push(together.at(-1) as tf.Tensor);
    }
    const gradients = new Map(names.map((name, i) => [name, all[i] as tf.Tensor]));
    const values = { share: part.share, tensors: [value, ...parts] };
    const read = () => readTerms([values], together, termNames);
    const result = { gradients, packed: together, statistics: [statistics], values, termNames };
    return { ...result, readTerms: read, disposeGradients, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The loss, and its parts in one tensor, so that reading them is one transfer. */
function lossOf(
  model: Nvae,
  images: tf.Tensor4D,
  statistics: BatchStatistics,
  options: LossOptions,
  part: PartOptions,
) {
  const { noise, epoch, training, spectral } = options;
  const { warmupEpochs, klConstant, regularizationConstant } = training;
  const weights = model.samplerWeights();
  // First, so that its gradients, which are as large as all weights, come last, when no features are kept any more.
  const isRegularized = regularizationConstant !== 0 && part.regularization !== 0;
  const penalties = () =>
    spectral ? model.regularizationWith(spectral, noise, weights) : model.regularization(noise, weights);
  const penalty = isRegularized ? penalties() : tf.scalar(0);
  const { parameters, kl } = model.forward(images, noise, 'train', {
    statistics,
    recompute: training.useTensorCheckpoints,
    weights,
  });
  const output = model.output(parameters);
  const reconstruction = tf.tidy(() => tf.neg(tf.mean(logLikelihood(output.logProb(images)))) as tf.Scalar);
  const balanced = tf.mean(balancedKl(model.plan, kl, epoch, training));
  const regularization = part.regularization === 1 ? penalty : tf.mul(penalty, part.regularization);
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
