/** Converts between tensors packed like a store's parameters and plain data under the parameters' names. */

import type { TensorData } from '../base/plainData.js';
import type * as tf from '../engine/tf.js';
import type { ParameterSpec } from './parameterSpec.js';
import { sizeOf } from './parameterSpec.js';
import type { ParameterStore } from './parameterStore.js';
import { toTorch } from './tensorLayout.js';

interface Place {
  readonly spec: ParameterSpec;
  readonly pack: number;
  /** Offset of its values in the pack. */
  readonly start: number;
}

/** Returns the places in the order of the store's specs. */
function places({ specs, packs }: ParameterStore): Place[] {
  const found: Place[] = [];
  packs.forEach(({ members }, pack) => {
    let start = 0;
    for (const member of members) {
      const spec = specs[member] as ParameterSpec;
      found[member] = { spec, pack, start };
      start += sizeOf(spec.shape);
    }
  });
  return found;
}

/** Reads the tensors and returns them in PyTorch's axis order. */
export async function readPacked(
  store: ParameterStore,
  tensors: readonly tf.Tensor[],
): Promise<Map<string, TensorData>> {
  const values: Float32Array[] = [];
  for (const tensor of tensors) values.push(await tensor.data<'float32'>());
  return new Map(
    places(store).map(({ spec: { name, shape, layout }, pack, start }) => {
      const part = values[pack]?.subarray(start, start + sizeOf(shape)) ?? new Float32Array();
      return [name, toTorch(part, shape, layout)];
    }),
  );
}

/** Packs values in our axis order, one array for each pack. */
export function packValues(
  store: ParameterStore,
  valuesOf: (spec: ParameterSpec) => Float32Array,
): Float32Array[] {
  const all = store.specs.map(valuesOf);
  return store.packs.map(({ members }) => {
    const parts = members.map((member) => all[member] ?? new Float32Array());
    const [first, ...others] = parts;
    if (first && others.length === 0) return first;
    const together = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let start = 0;
    for (const part of parts) {
      together.set(part, start);
      start += part.length;
    }
    return together;
  });
}
