/**
 * Records a forward pass for the backward pass. tfjs keeps every tensor that an operation's gradient names until
 * the end of the step. This tape keeps only those whose values the gradient reads, and frees them one by one.
 */
import { isHalfPrecision } from '../halfPrecision.js';
import * as tf from '../tf.js';
import { Compactor } from './compactor.js';
import type { TapeNode } from './tapeNode.js';

/** The gradients of these operations read only the shapes of saved tensors, never the values; a disposed tensor keeps its shape. */
const readShapesOnly = new Set<string>([
  tf.Add,
  tf.AddN,
  tf.Concat,
  tf.ExpandDims,
  tf.Mean,
  tf.Pack,
  tf.PadV2,
  tf.Reshape,
  tf.Slice,
  tf.Sub,
  tf.Sum,
]);

/** Only the first result of these operations has a gradient; the others are statistics and values that the gradient reads. */
const oneGradientOnly = new Set<string>(['BatchNormTrain', 'SqueezeExcite', 'WeightNorm']);

/** tfjs adds an operation with `push` as soon as it has run. */
export class Tape extends Array<TapeNode> {
  readonly #dependent: Set<number>;
  readonly #compactor: Compactor;

  /** Makes copies plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  constructor(xs: readonly tf.Tensor[]) {
    super();
    this.#dependent = new Set(xs.map(({ id }) => id));
    this.#compactor = new Compactor(xs, isHalfPrecision());
  }

  /** Skips operations that do not depend on the tensors to differentiate in. */
  override push(...nodes: TapeNode[]): number {
    for (const node of nodes) {
      if (!Object.values(node.inputs).some((input) => this.dependsOnXs(input))) {
        tf.dispose(node.saved ?? []);
        continue;
      }
      for (const { id } of node.outputs) this.#dependent.add(id);
      if (readShapesOnly.has(node.kernelName)) tf.dispose(node.saved ?? []);
      else this.#compactor.compact(node);
      super.push(node);
    }
    return this.length;
  }

  dependsOnXs({ id }: tf.Tensor): boolean {
    return this.#dependent.has(id);
  }

  /** Makes the tensors that an operation saved readable; the caller's tidy disposes of the new ones. */
  expand(node: TapeNode): void {
    this.#compactor.expand(node);
  }

  /**
   * Returns the gradients of an operation's results in the form its gradient function takes. If one is missing, tfjs creates
   * zeros of its shape; this is skipped for gradients that are never read.
   */
  gradientsOfResults({ kernelName, outputs }: TapeNode, known: ReadonlyMap<number, tf.Tensor>): tf.Tensor[] {
    const dys = outputs.map(({ id }) => known.get(id) as tf.Tensor);
    return oneGradientOnly.has(kernelName) ? dys.map((dy) => dy ?? (dys[0] as tf.Tensor)) : dys;
  }

  /** Frees the tensors that an operation saved. */
  release(node: TapeNode): void {
    tf.dispose(node.saved ?? []);
    this.#compactor.release(node);
  }

  releaseAll(): void {
    for (const node of this) this.release(node);
  }
}
