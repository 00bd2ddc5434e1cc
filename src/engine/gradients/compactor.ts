/** Keeps what operations save for the backward pass in less memory: in bfloat16, or not at all if it is cheap to compute again. */
import { runOne } from '../fused/composite.js';
import { isRoundable } from '../halfPrecision.js';
import { nativeBackend } from '../native/inUse.js';
import * as tf from '../tf.js';
import { recipeOf } from './computedAgain.js';
import type { TapeNode } from './tapeNode.js';

/**
 * Operations whose gradient is a product with a saved tensor: its relative error equals the rounding error.
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

/**
 * One compactor per tape. A tensor that several operations save is rounded once, and the rounded one takes its place. A tensor that is
 * computed again is disposed of, but stays in its place until then, because it provides the shape.
 */
export class Compactor {
  readonly #half: boolean;
  /** Tensors that live as long as the pass; a rounded copy would only use more memory. */
  readonly #permanent: ReadonlySet<object>;
  readonly #rounded = new WeakMap<object, tf.Tensor>();
  readonly #makers = new WeakMap<object, TapeNode>();
  /** For each operation, the ones whose results it needs again, by place among the saved tensors. */
  readonly #byNode = new Map<TapeNode, Map<number, TapeNode>>();

  constructor(xs: readonly tf.Tensor[], half: boolean) {
    this.#half = half;
    this.#permanent = new Set(xs.map(({ dataId }) => dataId));
  }

  compact(node: TapeNode): void {
    const { saved = [] } = node;
    const all = new Map<number, TapeNode>();
    saved.forEach((tensor, i) => {
      const maker = this.#makerOf(tensor);
      if (maker) all.set(i, maker);
      else if (this.#isToBeRounded(node, tensor)) saved[i] = this.#round(tensor);
      if (maker || saved[i] !== tensor) tensor.dispose();
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
    this.#byNode.delete(node);
  }

  /** The operation that can compute a tensor again; undefined if the tensor is to be kept. */
  #makerOf(tensor: tf.Tensor): TapeNode | undefined {
    const recipe = recipeOf(tensor);
    const isUsed = recipe && (this.#half || !recipe.halfPrecisionOnly);
    return isUsed ? this.#makers.get(tensor.dataId) : undefined;
  }

  #isToBeRounded({ kernelName }: TapeNode, tensor: tf.Tensor): boolean {
    if (!this.#half || !roundable.has(kernelName) || this.#permanent.has(tensor.dataId)) return false;
    return tensor.dtype === 'float32' && isRoundable(tensor.shape) && !nativeBackend()?.isRounded(tensor);
  }

  /** Returns a saved tensor: the one that is kept, or a new one. */
  #read(node: TapeNode, i: number): tf.Tensor {
    const tensor = node.saved?.[i] as tf.Tensor;
    const maker = this.#byNode.get(node)?.get(i);
    if (!maker) return tensor;
    const read = () => (maker.saved ?? []).map((_, k) => this.#read(maker, k));
    return tf.tidy(() => tf.reshape(recipeOf(tensor)!.compute(read()), tensor.shape));
  }

  /** A tensor with the same values as bfloat16, or another reference to the one that there is. */
  #round(tensor: tf.Tensor): tf.Tensor {
    const { dataId } = tensor;
    const known = this.#rounded.get(dataId);
    const rounded = untaped(() => (known ? tf.clone(known) : runOne('RoundToBfloat16', { x: tensor })));
    if (!known) this.#rounded.set(dataId, rounded);
    return tf.keep(rounded);
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
