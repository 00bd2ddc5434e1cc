/** Replays recorded draws instead of random ones. */

import type { NamedTensors } from '../../src/base/plainData.js';
import * as tf from '../../src/engine/tf.js';
import type { Noise } from '../../src/model/random.js';
import { draws } from '../../src/model/random.js';
import { permute } from '../../src/model/tensorLayout.js';
import type { NoiseDraw } from './case.js';

/** A recorded float32 tensor. */
export function recorded(
  tensors: NamedTensors,
  name: string,
): { shape: readonly number[]; data: Float32Array } {
  const tensor = tensors.get(name);
  if (!(tensor?.data instanceof Float32Array))
    throw new RangeError(`${name}: expected a float32 tensor, got nothing`);
  return { shape: tensor.shape, data: tensor.data };
}

/** A recorded `[batch, channels, height, width]` tensor in our axis order. */
export function image(tensors: NamedTensors, name: string): tf.Tensor4D {
  const { shape, data } = recorded(tensors, name);
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  return tf.tensor4d(permute(data, shape, [0, 2, 3, 1]), [batch, height, width, channels]);
}

/** Converts values in our axis order back to `[batch, channels, height, width]`. */
export async function imageValues(tensor: tf.Tensor4D): Promise<Float32Array> {
  return permute(await tensor.data<'float32'>(), tensor.shape, [0, 3, 1, 2]);
}

/** Noise that returns the recorded draws of a section, and rejects all others. */
export function replay(tensors: NamedTensors, section: readonly NoiseDraw[]): Noise {
  const names = new Map(
    section.map(({ tensor, level, layer }) => {
      return [layer === undefined ? draws.latent(level ?? 0) : draws.spectral(layer), tensor];
    }),
  );
  const nameOf = (draw: string): string => {
    const name = names.get(draw);
    if (!name) throw new RangeError(`${draw}: no such draw was recorded`);
    return name;
  };
  const checkShape = (name: string, got: readonly number[], expected: readonly number[]): void => {
    if (got.join() === expected.join()) return;
    throw new RangeError(`${name}: expected a draw of shape [${expected}], got [${got}]`);
  };
  const get = (draw: string, shape: readonly number[]): tf.Tensor => {
    const name = nameOf(draw);
    const value = image(tensors, name);
    checkShape(name, value.shape, shape);
    return value;
  };
  const normalValues = (draw: string, length: number): Float32Array => {
    const name = nameOf(draw);
    const { data } = recorded(tensors, name);
    checkShape(name, [data.length], [length]);
    return data;
  };
  return { normal: get, normalValues, uniform: get };
}
