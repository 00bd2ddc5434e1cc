/**
 * The exponential moving average (EMA) of the weights of a model in training. The average is less noisy than the weights of the last
 * step, so its samples and its likelihood are usually better.
 */
import type { NamedTensors, TensorData } from '../base/plainData.js';
import { emaPrefix } from '../base/tensorNames.js';
import { moveAverages } from '../engine/ops.js';
import { packed, packShape, unpacked } from '../engine/packs.js';
import * as tf from '../engine/tf.js';
import type { Nvae } from '../model/nvae.js';
import { packValues, readPacked } from '../model/packedParameters.js';
import { assign, float32 } from '../model/parameterStore.js';
import { valuesFromTorch } from '../model/tensorLayout.js';

/** The average as `Adamax.update` moves it, in the same pass over memory as the parameters. */
export interface AverageStep {
  /** Packed like the model's parameters. */
  readonly average: readonly tf.Variable[];
  /** Weight of the new parameters. */
  readonly weight: number;
}

/**
 * Averages the parameters and the running averages of the batch normalisations: average = d * average + (1 - d) * value after every
 * update, where d = min(decay, (1 + t) / (10 + t)) after t updates. With a constant d, the first weights would dominate the average
 * for the first 1 / (1 - decay) updates.
 *
 * Batch-norm averages must fit the weights. Averaging them needs no data and no time; `readjustBatchNorm` adapts them to a
 * temperature afterwards, as it does for other weights.
 *
 * Owns one tensor per pack of parameters and one per running average until `dispose`. None shares memory with the model.
 */
export class WeightAverage {
  #updates = 0;
  readonly #model: Nvae;
  readonly #decay: number;
  readonly #parameters: tf.Variable[] = [];
  readonly #buffers = new Map<string, tf.Variable>();

  /** Starts from the model's weights; the model stays the caller's. */
  constructor(model: Nvae, decay: number) {
    this.#model = model;
    this.#decay = decay;
    const { store } = model;
    try {
      for (const pack of store.packs) this.#parameters.push(zeros(packShape(pack)));
      for (const [name, { shape }] of store.buffers) this.#buffers.set(name, zeros(shape));
      this.restart();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Number of updates since the average started. */
  get updates(): number {
    return this.#updates;
  }

  /** The averages; the parameters' are packed like them. */
  get variables(): readonly tf.Variable[] {
    return [...this.#parameters, ...this.#buffers.values()];
  }

  /** Runs `update`, which updates the model and moves the average of its parameters, and then averages the rest. */
  follow(update: (step: AverageStep) => void): void {
    const weight = 1 - decayAfter(this.#updates, this.#decay);
    update({ average: this.#parameters, weight });
    moveAverages([...this.#buffers.values()], [...this.#model.store.buffers.values()], { weight });
    this.#updates += 1;
  }

  /** Starts again from the model's weights. */
  restart(): void {
    const { packs, parameters, buffers } = this.#model.store;
    const all = [...parameters.values()];
    packs.forEach((pack, i) => {
      copyTo(this.#parameters[i], () => packed(pack, all));
    });
    for (const [name, average] of this.#buffers) copyTo(average, () => buffers.get(name) as tf.Variable);
    this.#updates = 0;
  }

  /**
   * Calls `use` with a model that has the averaged weights, in memory that it shares with the average; nobody may update the average
   * meanwhile. The model is disposed of when the returned promise settles; the model in training is not touched.
   */
  async use<T>(use: (model: Nvae) => Promise<T>): Promise<T> {
    const { store } = this.#model;
    const parameters = new Map<string, tf.Tensor>();
    const temporary: tf.Tensor[] = [];
    let model: Nvae | null = null;
    try {
      store.packs.forEach((pack, i) => {
        const together = this.#parameters[i] as tf.Variable;
        const parts = unpacked(pack, together);
        if (parts[0] !== together) temporary.push(...parts);
        pack.members.forEach((member, at) => {
          parameters.set(store.specs[member]?.name ?? '', parts[at] as tf.Tensor);
        });
      });
      const tensorOf = (name: string) => (parameters.get(name) ?? this.#buffers.get(name)) as tf.Tensor;
      model = this.#model.withValues(tensorOf);
      tf.dispose(temporary.splice(0)); // the model's variables keep their memory
      return await use(model);
    } finally {
      tf.dispose(temporary);
      model?.dispose();
    }
  }

  /** Reads the averages as `ema.<parameter or running average>`, in PyTorch's axis order. */
  async tensors(): Promise<Map<string, TensorData>> {
    const result = new Map<string, TensorData>();
    for (const [name, data] of await readPacked(this.#model.store, this.#parameters))
      result.set(emaPrefix + name, data);
    for (const [name, average] of this.#buffers) {
      const data = Float32Array.from(await average.data<'float32'>());
      result.set(emaPrefix + name, { dtype: 'float32', shape: [...average.shape], data });
    }
    return result;
  }

  /**
   * Reads an average as returned by `tensors`. Changes nothing yet.
   * @returns a function that restores it
   * @throws RangeError when a tensor is missing or has another shape
   */
  prepare(tensors: NamedTensors, updates: number): () => void {
    const parameters = packValues(this.#model.store, (spec) => {
      const given = float32(tensors, { ...spec, name: emaPrefix + spec.name });
      return valuesFromTorch(given, spec.shape, spec.layout);
    });
    const buffers = [...this.#buffers].map(([name, average]) => {
      const given = float32(tensors, { name: emaPrefix + name, shape: average.shape, layout: 'vector' });
      return [average, Float32Array.from(given)] as const;
    });
    return () => {
      this.#parameters.forEach((average, i) => {
        assign(average, parameters[i] ?? new Float32Array());
      });
      for (const [average, values] of buffers) assign(average, values);
      this.#updates = updates;
    };
  }

  dispose(): void {
    tf.dispose([...this.variables]);
  }
}

/** The decay of the next update: it grows with the number of updates, so that the first weights are soon forgotten. */
export function decayAfter(updates: number, decay: number): number {
  return Math.min(decay, (1 + updates) / (10 + updates));
}

function zeros(shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape)));
}

/** Assigns a copy: an update in place must not change both. */
function copyTo(target: tf.Variable | undefined, values: () => tf.Tensor): void {
  tf.tidy(() => target?.assign(tf.mul(values(), 1)));
}
