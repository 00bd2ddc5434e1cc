/**
 * The state of the power iterations with which the largest singular values of the convolutions are followed (NVAE, Vahdat & Kautz
 * 2020, section 3.2; Yoshida & Miyato 2017; Miyato et al. 2018): the vector u of each layer, which goes on from step to step. v
 * follows from u in the first half of an iteration, so it is not kept.
 */
import type { NamedTensors, TensorData } from '../base/plainData.js';
import { copyInto, spectralNorms } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import { sizeOf } from './parameterSpec.js';
import { float32 } from './parameterStore.js';
import type { ModelPlan } from './plan.js';
import { draws, type Noise } from './random.js';
import { spectralLayers } from './spectralLayers.js';

/** Iterations per step; the weights change little from step to step, and so do the vectors. */
const iterationsPerStep = 4;
/** Iterations in the first step, which begins with random vectors. */
const firstIterations = 40;

interface Layer {
  readonly name: string;
  /** Index in `spectralLayers`. */
  readonly index: number;
  /** The weight as a matrix; u has one value per column. */
  readonly rows: number;
  readonly columns: number;
}

/**
 * Owns the vectors of a run until `dispose`. `norms` computes new ones and `commit` replaces the old ones by them, so a step that is not
 * applied changes nothing.
 */
export class SpectralVectors {
  /** Large weights first and equal shapes in sequence, as `spectralNorms` processes them best. */
  readonly #layers: readonly Layer[];
  /** u of all layers in sequence; null before the first step. */
  #current: tf.Tensor1D | null = null;
  #next: tf.Tensor1D | null = null;

  constructor(plan: ModelPlan) {
    const layers = spectralLayers(plan).map(({ name, layout, shape }, index): Layer => {
      const columns = (layout === 'depthwise' ? shape[2] : shape[3]) ?? 1;
      return { name, index, rows: sizeOf(shape) / columns, columns };
    });
    this.#layers = layers.sort(
      (a, b) => b.rows * b.columns - a.rows * a.columns || b.rows - a.rows || a.index - b.index,
    );
  }

  /**
   * Returns the sum of the largest singular values; differentiable in the weights. The new vectors wait for `commit`.
   * @param weights those of `spectralLayers`, in its order
   * @param noise source of the first vectors
   */
  norms(weights: readonly tf.Tensor[], noise: Noise): tf.Scalar {
    this.discard();
    const given = this.#layers.map(({ index, rows }) => ({ weight: weights[index] as tf.Tensor, rows }));
    const before = this.#current ?? this.#start(noise);
    const iterations = this.#current ? iterationsPerStep : firstIterations;
    const { sum, vectors } = spectralNorms(given, before, iterations);
    this.#next = vectors;
    return sum;
  }

  /** The vectors that the next step begins with; they stay this object's. Null before the first step. */
  get current(): tf.Tensor1D | null {
    return this.#current;
  }

  /** Takes the vectors of the last `norms` away, so that they no longer wait for `commit`; the caller owns them. */
  take(): tf.Tensor1D | null {
    const vectors = this.#next;
    this.#next = null;
    return vectors;
  }

  /** Lets vectors wait for `commit` as if `norms` had computed them; takes ownership. */
  wait(vectors: tf.Tensor1D): void {
    this.discard();
    this.#next = vectors;
  }

  /** Makes the vectors of the last `norms` the current ones. The memory of the current ones stays, if the engine allows it. */
  commit(): void {
    if (!this.#next) return;
    if (this.#current && copyInto(this.#current, this.#next)) {
      this.discard();
      return;
    }
    this.#current?.dispose();
    this.#current = this.#next;
    this.#next = null;
  }

  /** Forgets the vectors of the last `norms`, if they were not committed. */
  discard(): void {
    this.#next?.dispose();
    this.#next = null;
  }

  /** The vectors as `spectral.u.<layer>`, `[out]`; none before the first step that was applied. */
  async tensors(): Promise<Map<string, TensorData>> {
    const result = new Map<string, TensorData>();
    const values = await this.#current?.data<'float32'>();
    let at = 0;
    for (const { name, columns } of values ? this.#layers : []) {
      const data = Float32Array.from(values!.subarray(at, at + columns));
      result.set(nameOf(name), { dtype: 'float32', shape: [columns], data });
      at += columns;
    }
    return result;
  }

  /**
   * Checks vectors as returned by `tensors`. Without any, the next step starts from new ones.
   * @returns a function that loads them
   * @throws RangeError when only some are given, or one has another shape
   */
  prepare(tensors: NamedTensors): () => void {
    if (!this.#layers.some(({ name }) => tensors.has(nameOf(name)))) return () => this.restart();
    const values = this.#layers.flatMap(({ name, columns }) => [
      ...float32(tensors, { name: nameOf(name), shape: [columns], layout: 'vector' }),
    ]);
    return () => {
      this.restart();
      this.#current = tf.keep(tf.tensor1d(values));
    };
  }

  /** Lets the next step start from new vectors. */
  restart(): void {
    this.discard();
    this.#current?.dispose();
    this.#current = null;
  }

  dispose(): void {
    this.restart();
  }

  #start(noise: Noise): tf.Tensor1D {
    const values = this.#layers.flatMap(({ name, columns }) => [
      ...noise.normalValues(draws.spectral(name), columns),
    ]);
    return tf.tensor1d(values);
  }
}

function nameOf(layer: string): string {
  return `spectral.u.${layer}`;
}
