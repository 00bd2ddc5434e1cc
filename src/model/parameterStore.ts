/**
 * Holds the tensors of a model by name: trained parameters, running averages of the batch normalisations, and how many
 * batches those averages cover. Owns the tensors until `dispose`.
 */

import { cut } from '../base/messageText.js';
import type { NamedTensors, TensorData } from '../base/plainData.js';
import { type Pack, planPacks } from '../engine/packs.js';
import * as tf from '../engine/tf.js';
import type { BatchNormPlan } from './layers/batchNormPlan.js';
import type { ParameterSpec } from './parameterSpec.js';
import { sizeOf } from './parameterSpec.js';
import { keyedGenerator, normalValues, uniformValues } from './random.js';
import { torchShape, toTorch, valuesFromTorch } from './tensorLayout.js';

export class ParameterStore {
  readonly specs: readonly ParameterSpec[];
  /** Parameters that are processed together when all of them are; in the order of `specs`. */
  readonly packs: readonly Pack[];
  readonly #batchNorms: readonly BatchNormPlan[];
  readonly #parameters = new Map<string, tf.Variable>();
  readonly #buffers = new Map<string, tf.Variable>();
  readonly #batchesSeen = new Map<string, number>();

  /**
   * Allocates the values of a new model.
   * @param initial seed of the values, which depend on it and on the parameter's name; or the tensor of each name, whose memory the
   * store shares: the tensor itself stays the caller's
   */
  constructor(
    specs: readonly ParameterSpec[],
    batchNorms: readonly BatchNormPlan[],
    initial: number | ((name: string) => tf.Tensor),
  ) {
    this.specs = specs;
    this.packs = planPacks(specs.map(({ shape }) => shape));
    this.#batchNorms = batchNorms;
    const create = (spec: ParameterSpec) =>
      typeof initial === 'number'
        ? variable(initialValues(spec, initial), spec.shape)
        : tf.variable(initial(spec.name));
    try {
      for (const spec of specs) this.#parameters.set(spec.name, create(spec));
      for (const plan of batchNorms) {
        for (const spec of averagesOf(plan)) this.#buffers.set(spec.name, create(spec));
        this.#batchesSeen.set(plan.name, 0);
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Returns a trained parameter; the store still owns it. */
  parameter(name: string): tf.Variable {
    return found(this.#parameters, name, 'parameter');
  }

  /** Returns a running average, `<batch norm>.running_mean` or `.running_var`; the store still owns it. */
  buffer(name: string): tf.Variable {
    return found(this.#buffers, name, 'buffer');
  }

  /** All trained parameters, in a fixed order. */
  get parameters(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters;
  }

  get buffers(): ReadonlyMap<string, tf.Variable> {
    return this.#buffers;
  }

  /** Counts one more batch for the running averages of this batch normalisation. */
  countBatch(batchNorm: string): void {
    this.#batchesSeen.set(batchNorm, found(this.#batchesSeen, batchNorm, 'batch normalisation') + 1);
  }

  /** Reads all values, with PyTorch's names and axis order. */
  async tensors(): Promise<Map<string, TensorData>> {
    return new Map([...(await this.parameterTensors(this.#parameters)), ...(await this.bufferTensors())]);
  }

  /** Reads any tensors shaped like the parameters (gradients, optimiser slots), in PyTorch's axis order. */
  async parameterTensors(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, TensorData>> {
    const result = new Map<string, TensorData>();
    for (const { name, shape, layout } of this.specs) {
      const values = await found(tensors, name, 'parameter').data<'float32'>();
      result.set(name, toTorch(values, shape, layout));
    }
    return result;
  }

  /** Reads the running averages and their counters. */
  async bufferTensors(): Promise<Map<string, TensorData>> {
    const result = new Map<string, TensorData>();
    for (const [name, buffer] of this.#buffers) {
      const data = Float32Array.from(await buffer.data<'float32'>());
      result.set(name, { dtype: 'float32', shape: [...buffer.shape], data });
    }
    for (const [name, count] of this.#batchesSeen) {
      result.set(counterName(name), { dtype: 'int32', shape: [], data: Int32Array.of(count) });
    }
    return result;
  }

  /** @throws RangeError when a tensor that `load` needs is missing or has another shape */
  check(tensors: NamedTensors): void {
    checkTensors(this.specs, this.#batchNorms, tensors);
  }

  /**
   * Loads all values from tensors with PyTorch's names and axis order; other names are ignored.
   * @throws RangeError when a tensor is missing or has another shape; nothing is changed then
   */
  load(tensors: NamedTensors): void {
    this.check(tensors);
    this.loadSome(tensors);
  }

  /**
   * Loads the values that are given, as `load` does; all others stay as they are.
   * @throws RangeError when a tensor has another shape; nothing is changed then
   */
  loadSome(tensors: NamedTensors): void {
    const isGiven = ({ name }: { readonly name: string }) => tensors.has(name);
    const parameters = this.specs.filter(isGiven);
    const averages = this.#batchNorms.flatMap(averagesOf).filter(isGiven);
    for (const spec of [...parameters, ...averages]) float32(tensors, spec);
    const counts = this.#batchNorms
      .filter(({ name }) => tensors.has(counterName(name)))
      .map(({ name }) => [name, counter(tensors, name)] as const);
    for (const spec of parameters) {
      assign(this.parameter(spec.name), valuesFromTorch(float32(tensors, spec), spec.shape, spec.layout));
    }
    for (const spec of averages) assign(this.buffer(spec.name), Float32Array.from(float32(tensors, spec)));
    for (const [name, count] of counts) this.#batchesSeen.set(name, count);
  }

  /**
   * A store of the same model with other values, and the same counters.
   * @param tensorOf the tensor of each parameter and running average; it stays the caller's, and the new store shares its memory
   */
  withValues(tensorOf: (name: string) => tf.Tensor): ParameterStore {
    const other = new ParameterStore(this.specs, this.#batchNorms, tensorOf);
    for (const [name, count] of this.#batchesSeen) other.#batchesSeen.set(name, count);
    return other;
  }

  /** Runs `use`, then restores the running averages. */
  keepingBuffers<T>(use: () => T): T {
    const averages: [tf.Variable, tf.Tensor][] = [];
    const counts = new Map(this.#batchesSeen);
    try {
      for (const buffer of this.#buffers.values()) averages.push([buffer, tf.keep(tf.clone(buffer))]);
      return use();
    } finally {
      for (const [buffer, before] of averages) {
        buffer.assign(before);
        before.dispose();
      }
      for (const [name, count] of counts) this.#batchesSeen.set(name, count);
    }
  }

  dispose(): void {
    for (const tensor of [...this.#parameters.values(), ...this.#buffers.values()]) tensor.dispose();
    this.#parameters.clear();
    this.#buffers.clear();
  }
}

/**
 * Checks that the tensors belong to a model with these parameters, before such a model is allocated.
 * @throws RangeError when a tensor is missing or has another shape
 */
export function checkTensors(
  specs: readonly ParameterSpec[],
  batchNorms: readonly BatchNormPlan[],
  tensors: NamedTensors,
): void {
  for (const spec of specs) float32(tensors, spec);
  for (const plan of batchNorms) {
    for (const spec of averagesOf(plan)) float32(tensors, spec);
    counter(tensors, plan.name);
  }
}

/** Returns the running averages of a batch normalisation. */
function averagesOf({ name, channels }: BatchNormPlan): ParameterSpec[] {
  return (['running_mean', 'running_var'] as const).map((average) => ({
    name: `${name}.${average}`,
    shape: [channels],
    layout: 'vector',
    initial: { kind: 'constant', value: average === 'running_mean' ? 0 : 1 },
  }));
}

function counterName(batchNorm: string): string {
  return `${batchNorm}.num_batches_tracked`;
}

/** Returns how many batches the running averages cover. */
function counter(tensors: NamedTensors, batchNorm: string): number {
  const name = counterName(batchNorm);
  const count = tensors.get(name)?.data[0];
  if (count === undefined || !Number.isInteger(count) || count < 0) {
    throw new RangeError(`${name}: expected a counter, got ${count ?? 'nothing'}`);
  }
  return count;
}

/** Returns a tensor's values after checking its shape against the plan. */
export function float32(
  tensors: NamedTensors,
  spec: Pick<ParameterSpec, 'name' | 'shape' | 'layout'>,
): Float32Array {
  const tensor = tensors.get(spec.name);
  const expected = torchShape(spec.shape, spec.layout);
  if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== expected.join()) {
    const got = tensor ? `${tensor.dtype} ${cut(`[${tensor.shape.join(', ')}]`)}` : 'nothing';
    throw new RangeError(`${spec.name}: expected float32 [${expected.join(', ')}], got ${got}`);
  }
  return tensor.data;
}

/** Replaces a variable's values; takes ownership of the array. */
export function assign(target: tf.Variable, values: Float32Array): void {
  tf.tidy(() => target.assign(tf.tensor(values, target.shape)));
}

function variable(values: Float32Array, shape: readonly number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, [...shape])));
}

function found<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const value = map.get(name);
  if (value === undefined) throw new RangeError(`internal: the model has no ${what} named ${name}`);
  return value;
}

/** Returns the same values for the same seed and name, whatever else is drawn. */
function initialValues({ name, shape, initial }: ParameterSpec, seed: number): Float32Array {
  const size = sizeOf(shape);
  const generator = keyedGenerator(seed, `initial/${name}`, 0);
  switch (initial.kind) {
    case 'constant':
      return new Float32Array(size).fill(initial.value);
    case 'normal':
      return normalValues(generator, size);
    case 'uniform':
      return uniformValues(generator, size, -initial.bound, initial.bound);
    case 'normOf':
      return outputNorms(masked(initialValues(initial.weight, seed), initial.mask?.()), size);
  }
}

function masked(weight: Float32Array, mask?: Float32Array): Float32Array {
  return mask ? weight.map((value, i) => value * (mask[i] ?? 0)) : weight;
}

/** Returns the norm per output channel of a weight whose last axis is the output, or the last but one, if the last has length 1. */
function outputNorms(weight: Float32Array, outputs: number): Float32Array {
  const squares = new Float64Array(outputs);
  weight.forEach((value, i) => {
    squares[i % outputs] = (squares[i % outputs] ?? 0) + value * value;
  });
  return Float32Array.from(squares, Math.sqrt);
}
