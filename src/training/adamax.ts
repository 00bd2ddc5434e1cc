/** The optimiser: Adamax with L2 weight decay on every parameter. Holds its state, and updates all parameters at once. */

import type { NamedTensors, TensorData } from '../base/plainData.js';
import { adamaxUpdate } from '../engine/ops.js';
import { PackedVariables, packShape } from '../engine/packs.js';
import * as tf from '../engine/tf.js';
import { packValues, readPacked } from '../model/packedParameters.js';
import type { ParameterStore } from '../model/parameterStore.js';
import { assign, float32 } from '../model/parameterStore.js';
import { valuesFromTorch } from '../model/tensorLayout.js';
import { adamaxSettings } from './adamaxSettings.js';
import type { AverageStep } from './weightAverage.js';

const slotNames = { momentum: 'adamax.momentum', maximum: 'adamax.maximum' } as const;

export interface UpdateOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Factor on the gradients before the update (clipping). */
  readonly gradientScale: number;
}

/** Owns two or three tensors per pack of parameters until `dispose`. */
export class Adamax {
  /** Number of updates so far. */
  #updates = 0;
  readonly #store: ParameterStore;
  readonly #parameters: readonly PackedVariables[];
  readonly #momenta: tf.Variable[] = [];
  readonly #maxima: tf.Variable[] = [];

  constructor(store: ParameterStore) {
    this.#store = store;
    const parameters = [...store.parameters.values()];
    this.#parameters = store.packs.map((pack) => new PackedVariables(pack, parameters));
    try {
      for (const pack of store.packs) {
        this.#momenta.push(zeros(packShape(pack)));
        this.#maxima.push(zeros(packShape(pack)));
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  get updates(): number {
    return this.#updates;
  }

  /** The state, packed like the parameters. */
  get variables(): readonly tf.Variable[] {
    return [...this.#momenta, ...this.#maxima];
  }

  /** Updates all parameters, and their average if there is one. The gradients are packed like the parameters, and stay the caller's. */
  update(gradients: readonly tf.Tensor[], options: UpdateOptions, averaged?: AverageStep): void {
    this.#updates += 1;
    const learningRate = options.learningRate / (1 - adamaxSettings.beta1 ** this.#updates);
    const settings = { ...options, ...adamaxSettings, learningRate, averageWeight: averaged?.weight ?? 0 };
    this.#parameters.forEach((parameters, i) => {
      const gradient = gradients[i];
      const momentum = this.#momenta[i];
      const maximum = this.#maxima[i];
      if (!gradient || !momentum || !maximum) throw new RangeError(`internal: no gradient of pack ${i}`);
      const average = averaged?.average[i];
      adamaxUpdate({ parameters, gradient, momentum, maximum, average }, settings);
    });
  }

  /** The slots as `adamax.momentum.<parameter>` and `adamax.maximum.<parameter>`, in PyTorch's axis order. */
  async tensors(): Promise<Map<string, TensorData>> {
    const result = new Map<string, TensorData>();
    for (const [slot, tensors] of this.#slots()) {
      for (const [name, data] of await readPacked(this.#store, tensors)) result.set(`${slot}.${name}`, data);
    }
    return result;
  }

  /**
   * Restores slots as returned by `tensors`.
   * @throws RangeError when one is missing or has another shape; then nothing is changed
   */
  load(tensors: NamedTensors, updates: number): void {
    const loaded = this.#slots().map(([slot, targets]) => {
      const values = packValues(this.#store, (spec) => {
        const given = float32(tensors, { ...spec, name: `${slot}.${spec.name}` });
        return valuesFromTorch(given, spec.shape, spec.layout);
      });
      return [targets, values] as const;
    });
    for (const [targets, values] of loaded) {
      targets.forEach((target, i) => {
        assign(target, values[i] ?? new Float32Array());
      });
    }
    this.#updates = updates;
  }

  dispose(): void {
    for (const [, tensors] of this.#slots()) for (const tensor of tensors) tensor.dispose();
    for (const parameters of this.#parameters) parameters.dispose();
  }

  #slots(): [string, tf.Variable[]][] {
    return [
      [slotNames.momentum, this.#momenta],
      [slotNames.maximum, this.#maxima],
    ];
  }
}

function zeros(shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape)));
}
