/** Stores what operations save for the backward pass in bfloat16. */
import { runOne } from '../fused/composite.js';
import * as tf from '../tf.js';
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
  'recomputed',
]);

/**
 * One compactor per tape. A tensor that several operations save is rounded once. The saved tensor is disposed of but stays in
 * its place until it is expanded, because it provides the shape.
 */
export class Compactor {
  /** Tensors that live as long as the pass; a rounded copy would only use more memory. */
  readonly #permanent: ReadonlySet<object>;
  readonly #rounded = new WeakMap<object, tf.Tensor>();
  readonly #byNode = new Map<TapeNode, Map<number, tf.Tensor>>();

  constructor(xs: readonly tf.Tensor[]) {
    this.#permanent = new Set(xs.map(({ dataId }) => dataId));
  }

  compact(node: TapeNode): void {
    if (!roundable.has(node.kernelName)) return;
    const kept = new Map<number, tf.Tensor>();
    node.saved?.forEach((tensor, i) => {
      if (tensor.dtype !== 'float32' || tensor.rank !== 4 || tensor.size < leastElements) return;
      if (this.#permanent.has(tensor.dataId)) return;
      kept.set(i, this.#round(tensor));
      tensor.dispose();
    });
    if (kept.size > 0) this.#byNode.set(node, kept);
  }

  expand(node: TapeNode): void {
    const { saved = [] } = node;
    this.#byNode.get(node)?.forEach((bits, i) => {
      saved[i] = runOne('FromBfloat16', { bits }, { shape: saved[i]?.shape });
    });
  }

  release(node: TapeNode): void {
    tf.dispose([...(this.#byNode.get(node)?.values() ?? [])]);
    this.#byNode.delete(node);
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
