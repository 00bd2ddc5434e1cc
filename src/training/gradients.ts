/** The loss of one batch, its parts, and its gradients. */
import type { TrainingConfig } from '../config/types.js';
import type { GradientSums } from '../engine/gradients/gradientSums.js';
import { gradientsOf } from '../engine/gradients/gradientsOf.js';
import { withHalfPrecision } from '../engine/halfPrecision.js';
import { nativeBackend } from '../engine/native/inUse.js';
import { packed } from '../engine/packs.js';
import { type Inputs, type Outcome, plainInputs } from '../engine/replays.js';
import * as tf from '../engine/tf.js';
import type { WholeBatch } from '../engine/wholeBatch.js';
import type { ProcessGroup } from '../group/processGroup.js';
import { balancedKl, klCoefficient, logLikelihood } from '../model/losses.js';
import type { Nvae } from '../model/nvae.js';
import { BatchStatistics, type StatisticsEntry } from '../model/pass.js';
import type { Noise } from '../model/random.js';
import { replayedNoise } from '../model/replayedNoise.js';
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
  /** Hands the packed gradients to the caller, who owns them then, and frees the others. */
  takeGradients(): tf.Tensor[];
  /** Frees the gradients alone. */
  disposeGradients(): void;
}

/** Makes a pass one of several over the parts of a batch, whose gradients and numbers are added up. */
export interface PartOptions {
  /** Number of images in the part, divided by that in the batch: the factor on its loss. */
  readonly share: number;
  /** Factor on the regularisation, besides the share. 0: it is not computed. */
  readonly regularization: number;
  /** Which of the regularisation's terms are computed here, if ranks share them out. @default all */
  readonly terms?: Pick<ProcessGroup, 'rank' | 'size'> | undefined;
  /** The images of all ranks, of which these are a part. @default these are all */
  readonly whole?: WholeBatch | undefined;
  /** Adds up the gradients over all ranks while they are computed, on the native engine. @default the caller does it */
  readonly sums?: GradientSums | undefined;
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
  const outcome = passOf(model, images, plainInputs(options), options, part);
  return gradientsOfPass(model, outcome, part, options);
}

/** What is different in every step, although its operations are the same. */
export type PassContext = Pick<LossOptions, 'noise' | 'epoch'>;

type PassInputs = Inputs<PassContext>;

/** What a pass leaves besides its tensors. Depends on shapes and settings alone. */
export interface PassDetails {
  /** For each parameter, whether the loss depends on it: it has a gradient then. */
  readonly isNeeded: readonly boolean[];
  readonly statistics: readonly Pick<StatisticsEntry, 'name' | 'count'>[];
  readonly termNames: readonly string[] | null;
}

/**
 * The tensors of a pass: the loss, its terms, the gradients, mean and variance of each batch normalisation, and the vectors of the
 * power iterations, if there are any. The caller owns them.
 */
export function passOf(
  model: Nvae,
  images: tf.Tensor4D,
  inputs: PassInputs,
  options: Omit<LossOptions, 'noise'>,
  part: PartOptions,
): Outcome<PassDetails> {
  const statistics = new BatchStatistics();
  const owned: tf.Tensor[] = [];
  let termNames: readonly string[] | null = null;
  const dy = part.share === 1 ? undefined : tf.scalar(part.share);
  try {
    const loss = () => {
      const { loss, parts, names } = lossOf(model, images, statistics, inputs, options, part);
      owned.push(tf.keep(parts));
      termNames = names;
      return loss;
    };
    const backend = nativeBackend();
    const messages = backend && part.sums?.messages(backend);
    const { value, gradients } = withHalfPrecision(options.training.halfPrecision, () =>
      gradientsOf(
        loss,
        [...model.store.parameters.values()],
        dy,
        messages ? (gradient) => messages.add(gradient) : undefined,
      ),
    );
    messages?.end();
    const { entries } = statistics;
    const vectors = options.spectral?.take();
    const tensors = [
      value,
      ...owned,
      ...gradients.filter((gradient) => gradient !== undefined),
      ...entries.flatMap(({ mean, variance }) => [mean, variance]),
      ...(vectors ? [vectors] : []),
    ];
    const isNeeded = gradients.map((gradient) => gradient !== undefined);
    const names = entries.map(({ name, count }) => ({ name, count }));
    return { tensors, details: { isNeeded, statistics: names, termNames } };
  } catch (error) {
    statistics.dispose();
    tf.dispose(owned);
    throw error;
  } finally {
    dy?.dispose();
  }
}

/** Takes the tensors of a pass. */
export function gradientsOfPass(
  { store }: Nvae,
  { tensors, details }: Outcome<PassDetails>,
  { share }: PartOptions,
  { spectral, loss }: Pick<LossOptions, 'spectral' | 'loss'>,
): Gradients {
  let at = 0;
  const next = <T extends tf.Tensor>() => tensors[at++] as T;
  const { termNames } = details;
  const values = { share, tensors: [next(), next()] };
  const computed = details.isNeeded.map((isNeeded) => (isNeeded ? next() : null));
  const statistics = new BatchStatistics();
  for (const { name, count } of details.statistics) statistics.record(name, next(), next(), count);
  if (spectral && at < tensors.length) spectral.wait(next());
  const ownedGradients = new Set<tf.Tensor>(computed.filter((gradient) => gradient !== null));
  const disposeGradients = () => tf.dispose([...ownedGradients]);
  const dispose = () => {
    statistics.dispose();
    disposeGradients();
    tf.dispose(values.tensors);
  };
  try {
    const gradients = new Map<string, tf.Tensor>();
    for (const [name, parameter] of store.parameters) {
      const known = computed[gradients.size] ?? (loss && tf.zerosLike(parameter));
      if (!known) throw new Error(`internal: the loss does not depend on ${name}`);
      ownedGradients.add(known);
      gradients.set(name, known);
    }
    const all = [...gradients.values()];
    const together = store.packs.map((pack) => packed(pack, all));
    for (const tensor of together) ownedGradients.add(tensor);
    const take = () => {
      for (const tensor of together) ownedGradients.delete(tensor);
      disposeGradients();
      return together;
    };
    const readAll = () => readTerms([values], together, termNames, null);
    const result = { gradients, packed: together, statistics: [statistics], values, termNames };
    return { ...result, readTerms: readAll, takeGradients: take, disposeGradients, dispose };
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
  inputs: PassInputs,
  options: Omit<LossOptions, 'noise'>,
  part: PartOptions,
) {
  const { epoch, training, spectral } = options;
  const { whole } = part;
  const noise = replayedNoise(inputs, (pass) => pass.noise);
  const { warmupEpochs, klConstant, regularizationConstant } = training;
  const weights = model.samplerWeights();
  const isRegularized = regularizationConstant !== 0 && part.regularization !== 0;
  const penalties = () =>
    spectral
      ? model.regularizationWith(spectral, noise, weights)
      : model.regularization(noise, weights, part.terms);
  const penaltyOf = () => (isRegularized ? penalties() : tf.scalar(0));
  // First, so that its gradients, which are as large as all weights, come last, when no features are kept any more. If gradients travel
  // to other ranks meanwhile, last: each weight's gradient is then complete as soon as the pass is through its layer.
  const early = part.sums ? null : penaltyOf();
  const { parameters, kl } = model.forward(images, noise, 'train', {
    statistics,
    recompute: training.useTensorCheckpoints,
    weights,
    whole,
  });
  const penalty = early ?? penaltyOf();
  const output = model.output(parameters);
  const reconstruction = tf.tidy(() => tf.neg(tf.mean(logLikelihood(output.logProb(images)))) as tf.Scalar);
  const balanced = tf.mean(balancedKl(model.plan, kl, epoch, training, whole));
  const regularization = part.regularization === 1 ? penalty : tf.mul(penalty, part.regularization);
  const terms = {
    reconstruction,
    kl: tf.mul(
      balanced,
      inputs.tensor((pass) => tf.scalar(klConstant * klCoefficient(pass.epoch, warmupEpochs))),
    ) as tf.Scalar,
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
