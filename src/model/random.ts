/**
 * Random numbers by key. A key (seed, purpose, step) always gives the same numbers, whatever was drawn before, so a
 * resumed run needs no saved generator state.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import * as tf from '../engine/tf.js';
import { sizeOf } from './parameterSpec.js';

/** Source of the model's random numbers. Every draw has a name, so that recorded numbers can replace it. */
export interface Noise {
  /**
   * Draws standard normal values.
   * @param draw name of the draw
   * @param shape shape of the tensor; for latents `[batch, height, width, channels]`
   * @returns the tensor; the caller owns it
   */
  normal(draw: string, shape: readonly number[]): tf.Tensor;
  /**
   * Draws standard normal values as plain numbers.
   * @param draw name of the draw
   * @param length number of values
   */
  normalValues(draw: string, length: number): Float32Array;
  /**
   * Draws uniform values in [0, 1).
   * @param draw name of the draw
   * @param shape shape of the tensor
   * @returns the tensor; the caller owns it
   */
  uniform(draw: string, shape: readonly number[]): tf.Tensor;
}

/** Names of the model's draws. */
export const draws = {
  latent: (level: number) => `latent.${level}`,
  spectral: (layer: string) => `spectral.${layer}`,
  outputComponent: 'output.component',
  outputValue: 'output.value',
} as const;

/** Hashes a text to 32 bits; different salts give unrelated results (FNV-1a and a final avalanche). */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Returns a separate generator for this key. */
export function keyedGenerator(seed: number, purpose: string, step: number): RandomGenerator {
  const key = `${seed}/${purpose}/${step}`;
  const generator = xoroshiro128plusFromState([hash(key, 1), hash(key, 2), hash(key, 3), hash(key, 4) | 1]);
  for (let i = 0; i < 4; i += 1) generator.next();
  return generator;
}

/** Returns a uniform number in [0, 1) from the high bits, which have the best quality. */
function uniform(generator: RandomGenerator): number {
  return (generator.next() >>> 8) * 2 ** -24;
}

function skip(generator: RandomGenerator, numbers: number): void {
  for (let i = 0; i < numbers; i += 1) generator.next();
}

/** Returns `length` uniform values in [low, high). */
export function uniformValues(generator: RandomGenerator, length: number, low = 0, high = 1): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 1) values[i] = low + (high - low) * uniform(generator);
  return values;
}

/**
 * Returns `length` standard normal values (Box-Muller).
 * @param skipped number of values that are left out before the first; takes a fraction of the time of drawing them
 */
export function normalValues(generator: RandomGenerator, length: number, skipped = 0): Float32Array {
  const half = skipped % 2; // two numbers make two values; the first of the two is left out
  skip(generator, skipped - half);
  const values = new Float32Array(2 * Math.ceil((half + length) / 2));
  for (let i = 0; i < values.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(((generator.next() >>> 0) + 0.5) * 2 ** -32));
    const angle = 2 * Math.PI * uniform(generator);
    values[i] = radius * Math.cos(angle);
    values[i + 1] = radius * Math.sin(angle);
  }
  return values.length === length ? values : values.slice(half, half + length);
}

/** Returns a function that draws uniform numbers in [0, 1) with this key; the generator is created at the first draw. */
export function keyedUniform(seed: number, purpose: string, step: number): () => number {
  let generator: RandomGenerator | null = null;
  return () => {
    generator ??= keyedGenerator(seed, purpose, step);
    return (generator.next() >>> 0) * 2 ** -32;
  };
}

/**
 * Returns random numbers that depend only on the key (seed, purpose, step) and the name of the draw, not on the order of draws.
 * @param seed seed of the run
 * @param purpose what the numbers are for; different purposes give unrelated numbers
 * @param step a number that changes with each use, such as the training step
 * @param firstImage for a part of a batch: where it begins in the batch. Every image then gets the numbers that it has in the whole batch
 * @example
 * const images = model.sample(9, 0.7, keyedNoise(1, 'samples', 0));
 */
export function keyedNoise(seed: number, purpose: string, step: number, firstImage = 0): Noise {
  const generator = (draw: string) => keyedGenerator(seed, `${purpose}/${draw}`, step);
  const skipped = ([, ...image]: readonly number[]) => firstImage * sizeOf(image);
  return {
    normal: (draw, shape) =>
      tf.tensor(normalValues(generator(draw), sizeOf(shape), skipped(shape)), [...shape]),
    normalValues: (draw, length) => normalValues(generator(draw), length),
    uniform: (draw, shape) => {
      const numbers = generator(draw);
      skip(numbers, skipped(shape));
      return tf.tensor(uniformValues(numbers, sizeOf(shape)), [...shape]);
    },
  };
}
