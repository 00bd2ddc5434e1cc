/** Keeps what operations save for the backward pass in less memory: in bfloat16, or not at all if it is cheap to compute again. */
import { runOne } from '../fused/composite.js';
import * as tf from '../tf.js';
import { recipeOf } from './computedAgain.js';
import type { TapeNode } from './tapeNode.js';

/** Smaller tensors are not rounded, because that would save little memory. */
const leastElements = 1024;

/**
 * Operations whose gradient is a product with a saved tensor: its relative error equals the rounding error. Among the saved
 * tensors, features and filters are rounded; statistics, likelihoods and losses have fewer dimensions and are not.
 */
const roundable = new Set<string>([
  tf.Conv2D,
  tf.DepthwiseConv2dNative,
  tf.Elu,
  tf.Multiply,
  'BatchNormTrain',
  'ConvolveBiased',
  'SqueezeExcite',
  'Silu',
  'UpsampleNearest2x',
  'recomputed',
]);

/** Operations that save a tensor only to be computed again; their gradients do not read it. */
const readNothing = new Set<string>(['UpsampleNearest2x']);

/** How to get a saved tensor back: from its values in bfloat16, or from the operation whose result it is. */
type Kept = { readonly bits: tf.Tensor } | { readonly resultOf: TapeNode };

/**
 * One compactor per tape. A tensor that several operations save is rounded once. The saved tensor is disposed of but stays in
 * its place until it is expanded, because it provides the shape.
 */
export class Compactor {
  readonly #half: boolean;
  /** Tensors that live as long as the pass; a rounded copy would only use more memory. */
  readonly #permanent: ReadonlySet<object>;
  readonly #rounded = new WeakMap<object, tf.Tensor>();
  readonly #makers = new WeakMap<object, TapeNode>();
  readonly #byNode = new Map<TapeNode, Map<number, Kept>>();

  constructor(xs: readonly tf.Tensor[], half: boolean) {
    this.#half = half;
    this.#permanent = new Set(xs.map(({ dataId }) => dataId));
  }

  compact(node: TapeNode): void {
    const all = new Map<number, Kept>();
    node.saved?.forEach((tensor, i) => {
      const kept = this.#keep(node, tensor);
      if (!kept) return;
      all.set(i, kept);
      tensor.dispose();
    });
    if (all.size > 0) this.#byNode.set(node, all);
    // A reshaped tensor has the data of the one before it on most engines; its maker is the operation that computed them.
    for (const { dataId } of node.outputs) if (!this.#makers.has(dataId)) this.#makers.set(dataId, node);
  }

  expand(node: TapeNode): void {
    if (readNothing.has(node.kernelName)) return;
    const { saved = [] } = node;
    this.#byNode.get(node)?.forEach((_, i) => {
      saved[i] = this.#read(node, i);
    });
  }

  release(node: TapeNode): void {
    for (const kept of this.#byNode.get(node)?.values() ?? []) if ('bits' in kept) kept.bits.dispose();
    this.#byNode.delete(node);
  }

  /** Returns undefined if the tensor itself is kept. */
  #keep({ kernelName }: TapeNode, tensor: tf.Tensor): Kept | undefined {
    const { dataId } = tensor;
    const maker = this.#makers.get(dataId);
    const recipe = maker && recipeOf(tensor);
    if (recipe && (this.#half || !recipe.halfPrecisionOnly)) return { resultOf: maker };
    if (!this.#half || !roundable.has(kernelName) || this.#permanent.has(dataId)) return undefined;
    if (tensor.dtype !== 'float32' || tensor.rank !== 4 || tensor.size < leastElements) return undefined;
    return { bits: this.#round(tensor) };
  }

  /** Returns a saved tensor: the one that is kept, or a new one. */
  #read(node: TapeNode, i: number): tf.Tensor {
    const tensor = node.saved?.[i] as tf.Tensor;
    const kept = this.#byNode.get(node)?.get(i);
    if (!kept) return tensor;
    if ('bits' in kept) return runOne('FromBfloat16', { bits: kept.bits }, { shape: tensor.shape });
    const { resultOf: maker } = kept;
    const read = () => (maker.saved ?? []).map((_, k) => this.#read(maker, k));
    return tf.tidy(() => tf.reshape(recipeOf(tensor)!.compute(read()), tensor.shape));
  }

  /** Rounds a tensor; each int32 holds two adjacent values. */
  #round(tensor: tf.Tensor): tf.Tensor {
    const { dataId } = tensor;
    const known = this.#rounded.get(dataId);
    const bits = untaped(() => (known ? tf.clone(known) : runOne('ToBfloat16', { x: tensor })));
    if (!known) this.#rounded.set(dataId, bits);
    return tf.keep(bits);
  }
}

/** Runs operations as if inside another operation, so that they are not recorded. */
function untaped<T>(work: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth += 1;
  try {
    return work();
  } finally {
    state.kernelDepth -= 1;
  }
}
