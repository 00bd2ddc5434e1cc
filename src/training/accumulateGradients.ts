/**
 * The gradients of a batch that is worked on in parts: the sum over the parts, weighted by their shares of the images. Loss and gradients
 * are then the means over the whole batch, with two exceptions: batch normalisation uses the statistics of each part, and the KL is
 * balanced by the weights of each part. The regularisation counts once.
 *
 * In a group, each rank has some images of each part, maybe none, and a part is what all ranks have of it. The sums are over the ranks,
 * too: each weights its loss by its share of the images, so that gradients and numbers only have to be added up, and the
 * regularisation is shared out. If there is one part, its gradients travel while the backward pass goes on; otherwise when all parts are
 * done. Every rank then has the same bits.
 */
import { nextTurn } from '../base/nextTurn.js';
import { sumInto } from '../engine/fused/sumInto.js';
import type { GradientSums } from '../engine/gradients/gradientSums.js';
import { nativeBackend } from '../engine/native/inUse.js';
import { type Inputs, plainInputs, type Replays } from '../engine/replays.js';
import * as tf from '../engine/tf.js';
import type { Nvae } from '../model/nvae.js';
import type { Noise } from '../model/random.js';
import type {
  Gradients,
  LossOptions,
  PartOptions,
  PassContext,
  PassDetails,
  StepGradients,
} from './gradients.js';
import { gradientsOfPass, passOf } from './gradients.js';
import { readTerms } from './lossTerms.js';

/** A part of a batch. Only the part that is worked on needs to be a tensor. */
export interface BatchPart {
  /** Number of images here. In a group it may be 0. */
  readonly count: number;
  /** Number of images on all ranks; at least 1. @default count */
  readonly whole?: number;
  /** Whether every rank has an image of it. @default true */
  readonly isEverywhere?: boolean;
  /** Makes the images, `[count, H, W, channels]` in [0, 1], or one that stands in if there is none; the step disposes of them. */
  readonly images: () => tf.Tensor4D;
  /** Random numbers of these images. */
  readonly noise: Noise;
}

/** What all parts have in common. */
export interface BatchOptions extends Omit<LossOptions, 'noise'> {
  /** The passes that can be replayed, of this model with these settings. A `LossFunction` is never replayed. @default none */
  readonly replays?: StepReplays | undefined;
  /** Adds up gradients and numbers over the ranks of its group. @default this is the only rank */
  readonly sums?: GradientSums | undefined;
}

/** What is different in every step, although its operations are the same. */
type StepContext = PassContext & Pick<BatchPart, 'images'>;

export type StepReplays = Replays<StepContext, PassDetails>;

/**
 * Computes the gradients of all parts, one after the other; does not change the model. Needs the memory of one part, and besides that of
 * one set of gradients. Between parts, the event loop gets a turn.
 * @throws TypeError when a `LossFunction` returns invalid terms, or others than for the part before
 */
export async function accumulateGradients(
  model: Nvae,
  parts: readonly BatchPart[],
  options: BatchOptions,
): Promise<StepGradients> {
  const total = parts.reduce((sum, { count, whole = count }) => sum + whole, 0);
  const passes: Gradients[] = [];
  let sums: tf.Tensor[] = [];
  const isOnePass = parts.length === 1 && !options.loss && nativeBackend() !== null;
  const dispose = () => {
    for (const pass of passes) pass.dispose();
    tf.dispose(sums);
    options.spectral?.discard();
  };
  try {
    for (const [i, part] of parts.entries()) {
      if (i > 0) await nextTurn();
      const { count, whole = count } = part;
      const pass = gradientsOfPart(model, part, i, options, {
        share: count / total,
        ...regularizationOf(i, part, total, options),
        whole: options.sums && { group: options.sums.group, images: whole, own: count },
        sums: isOnePass ? options.sums : undefined,
      });
      passes.push(pass);
      checkNames(passes[0]?.termNames, pass.termNames);
      if (i === 0) sums.push(...pass.takeGradients());
      else addInto(sums, pass.packed);
      pass.disposeGradients();
    }
    if (isOnePass) await options.sums?.arrived();
    else if (options.sums) sums = await options.sums.of(sums);
    return {
      packed: sums,
      statistics: passes.flatMap(({ statistics }) => statistics),
      readTerms: () =>
        readTerms(
          passes.map(({ values }) => values),
          sums,
          passes[0]?.termNames ?? null,
          options.sums?.group ?? null,
        ),
      dispose,
    };
  } catch (error) {
    await options.sums?.arrived().catch(() => undefined); // the memory of the gradients is in use until then
    dispose();
    throw error;
  }
}

/**
 * The factor on the regularisation in the loss of a part, and which of its terms are computed here: shares times factors add up to 1 for
 * each term. It depends on the weights alone, so the first part computes it for all; a `LossFunction` gets it with every part, since it
 * may make anything of it. Ranks share out its terms, unless one has no image, so that its loss does not count.
 */
function regularizationOf(
  i: number,
  { count, whole = count, isEverywhere = true }: BatchPart,
  total: number,
  { loss, sums, spectral }: BatchOptions,
): Pick<PartOptions, 'regularization' | 'terms'> {
  if (loss) return { regularization: 1 };
  if (i > 0) return { regularization: 0 };
  if (sums && !spectral && isEverywhere) return { regularization: total / count, terms: sums.group };
  return { regularization: total / whole };
}

/** Parts have programs of their own, by their place in the batch, because the results of all live until the end of the step. */
function gradientsOfPart(
  model: Nvae,
  { count, images, noise }: BatchPart,
  place: number,
  { replays, sums: _, ...options }: BatchOptions,
  part: PartOptions,
): Gradients {
  const { epoch, training, spectral, loss } = options;
  const context = { images, noise, epoch };
  const work = (inputs: Inputs<StepContext>) => {
    const images = inputs.tensor((given) => given.images());
    try {
      return passOf(model, images, inputs, options, part);
    } finally {
      images.dispose();
    }
  };
  const isWarmup = epoch < training.warmupEpochs;
  const vectors = spectral?.current ?? null;
  const { share, regularization, terms, whole } = part;
  const key = JSON.stringify([
    place,
    count,
    share,
    regularization,
    terms !== undefined,
    whole?.images,
    isWarmup,
    vectors !== null,
  ]);
  const outside = [...model.store.parameters.values(), ...(vectors ? [vectors] : [])];
  const outcome = replays && !loss ? replays.run(key, context, outside, work) : work(plainInputs(context));
  return gradientsOfPass(model, outcome, part, options);
}

/** Adds to the sums, in their own memory if the engine allows it. The caller keeps the tensors. */
function addInto(sums: tf.Tensor[], tensors: readonly tf.Tensor[]): void {
  sums.forEach((before, i) => {
    const sum = sumInto(tensors[i] as tf.Tensor, before);
    if (sum !== before) before.dispose();
    sums[i] = sum;
  });
}

function checkNames(first: readonly string[] | null | undefined, names: readonly string[] | null): void {
  if (first?.join() === names?.join()) return;
  const got = `${names?.join(', ')} after ${first?.join(', ')}`;
  throw new TypeError(`loss: the function must return the same terms for every part of a batch, got ${got}`);
}
