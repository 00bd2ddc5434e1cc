/** The optimiser, Adamax with L2 weight decay on every parameter: its state, and one update of all parameters. */
import { adamaxUpdate } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import type { ParameterStore } from '../model/parameterStore.js';
import { assign, float32 } from '../model/parameterStore.js';
import type { NamedTensors, TensorData } from '../model/plainData.js';
import { valuesFromTorch } from '../model/tensorLayout.js';

const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-3;
const slotNames = { momentum: 'adamax.momentum', maximum: 'adamax.maximum' } as const;

export interface UpdateOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The gradients are multiplied by this first (clipping). */
  readonly gradientScale: number;
}

/** Owns two tensors per parameter until `dispose`. */
export class Adamax {
  /** Updates made so far. */
  #updates = 0;
  readonly #store: ParameterStore;
  readonly #momenta = new Map<string, tf.Variable>();
  readonly #maxima = new Map<string, tf.Variable>();

  constructor(store: ParameterStore) {
    this.#store = store;
    try {
      for (const [name, { shape }] of store.parameters) {
        this.#momenta.set(name, zeros(shape));
        this.#maxima.set(name, zeros(shape));
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  get updates(): number {
    return this.#updates;
  }

  /** Move all parameters. The gradients, by parameter name, stay the caller's. */
  update(gradients: ReadonlyMap<string, tf.Tensor>, options: UpdateOptions): void {
    this.#updates += 1;
    const learningRate = options.learningRate / (1 - beta1 ** this.#updates);
    const settings = { ...options, learningRate, beta1, beta2, epsilon };
    for (const [name, parameter] of this.#store.parameters) {
      const gradient = gradients.get(name);
      const momentum = this.#momenta.get(name);
      const maximum = this.#maxima.get(name);
      if (!gradient || !momentum || !maximum) throw new RangeError(`internal: no gradient of ${name}`);
      adamaxUpdate({ parameter, gradient, momentum, maximum }, settings);
    }
  }

  /** The slots as `adamax.momentum.<parameter>` and `adamax.maximum.<parameter>`, in PyTorch's axis order. */
  async tensors(): Promise<Map<string, TensorData>> {
    const result = new Map<string, TensorData>();
    for (const [slot, tensors] of this.#slots()) {
      for (const [name, data] of await this.#store.parameterTensors(tensors))
        result.set(`${slot}.${name}`, data);
    }
    return result;
  }

  /**
   * Go on from slots as `tensors` gives them.
   * @throws RangeError when one is missing or has another shape; nothing is changed then.
   */
  load(tensors: NamedTensors, updates: number): void {
    const loaded = this.#slots().flatMap(([slot, targets]) => {
      return this.#store.specs.map((spec) => {
        const values = float32(tensors, { ...spec, name: `${slot}.${spec.name}` });
        return [targets.get(spec.name), valuesFromTorch(values, spec.shape, spec.layout)] as const;
      });
    });
    for (const [target, values] of loaded) if (target) assign(target, values);
    this.#updates = updates;
  }

  dispose(): void {
    for (const [, tensors] of this.#slots()) for (const tensor of tensors.values()) tensor.dispose();
  }

  #slots(): [string, Map<string, tf.Variable>][] {
    return [
      [slotNames.momentum, this.#momenta],
      [slotNames.maximum, this.#maxima],
    ];
  }
}

function zeros(shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape)));
}
