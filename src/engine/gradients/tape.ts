/**
 * What a forward pass leaves behind for the backward pass. tfjs keeps every tensor that an operation's gradient names, to
 * the end of the step; this tape keeps only those whose values the gradient reads, and lets go of them one by one.
 */
import { isHalfPrecision } from '../halfPrecision.js';
import * as tf from '../tf.js';
import { Compactor } from './compactor.js';
import type { TapeNode } from './tapeNode.js';

/** Their gradients ask for the shapes of what they save, never for values; a disposed tensor still has its shape. */
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

/** Of their results only the first has a gradient; the others are statistics, and what the gradient reads. */
const oneGradientOnly = new Set<string>(['BatchNormTrain', 'SqueezeExcite', 'WeightNorm']);

/** tfjs adds an operation by `push`, as soon as it has run. */
export class Tape extends Array<TapeNode> {
  readonly #dependent: Set<number>;
  readonly #compactor: Compactor | null;

  /** Makes plain arrays of copies. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  constructor(xs: readonly tf.Tensor[]) {
    super();
    this.#dependent = new Set(xs.map(({ id }) => id));
    this.#compactor = isHalfPrecision() ? new Compactor(xs) : null;
  }

  /** Operations that do not depend on what is differentiated are not recorded. */
  override push(...nodes: TapeNode[]): number {
    for (const node of nodes) {
      if (!Object.values(node.inputs).some((input) => this.dependsOnXs(input))) {
        tf.dispose(node.saved ?? []);
        continue;
      }
      for (const { id } of node.outputs) this.#dependent.add(id);
      if (readShapesOnly.has(node.kernelName)) tf.dispose(node.saved ?? []);
      else this.#compactor?.compact(node);
      super.push(node);
    }
    return this.length;
  }

  dependsOnXs({ id }: tf.Tensor): boolean {
    return this.#dependent.has(id);
  }

  /** Makes what an operation has saved readable; what that takes is left to the caller's tidy. */
  expand(node: TapeNode): void {
    this.#compactor?.expand(node);
  }

  /**
   * The gradients of an operation's results, as its own gradient takes them. Where one is missing tfjs makes zeros of its
   * shape; those that are never read are not worth it.
   */
  gradientsOfResults({ kernelName, outputs }: TapeNode, known: ReadonlyMap<number, tf.Tensor>): tf.Tensor[] {
    const dys = outputs.map(({ id }) => known.get(id) as tf.Tensor);
    return oneGradientOnly.has(kernelName) ? dys.map((dy) => dy ?? (dys[0] as tf.Tensor)) : dys;
  }

  /** Lets go of what an operation has saved. */
  release(node: TapeNode): void {
    tf.dispose(node.saved ?? []);
    this.#compactor?.release(node);
  }

  releaseAll(): void {
    for (const node of this) this.release(node);
  }
}
