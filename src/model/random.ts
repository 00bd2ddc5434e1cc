/**
 * Random numbers by key. A key (seed, purpose, step) always gives the same numbers, whatever was drawn before, so a
 * run that stops and goes on needs no generator's state.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import * as tf from '../engine/tf.js';
import { sizeOf } from './parameterSpec.js';

/** The random draws of the model, each with a name of its own, so that recorded ones can take their place. */
export interface Noise {
  /** Standard normal values; the caller owns the tensor. Latent draws are `[batch, height, width, channels]`. */
  normal(draw: string, shape: readonly number[]): tf.Tensor;
  /** Standard normal values as plain numbers, for what is not a tensor's business yet. */
  normalValues(draw: string, length: number): Float32Array;
  /** Uniform values in [0, 1); the caller owns the tensor. */
  uniform(draw: string, shape: readonly number[]): tf.Tensor;
}

/** Names of the model's draws. */
export const draws = {
  latent: (level: number) => `latent.${level}`,
  spectral: (layer: string) => `spectral.${layer}`,
  outputComponent: 'output.component',
  outputValue: 'output.value',
} as const;

/** Mixes a text into 32 bits; different salts give unrelated results (FNV-1a and a final avalanche). */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A generator of its own for this key. */
export function keyedGenerator(seed: number, purpose: string, step: number): RandomGenerator {
  const key = `${seed}/${purpose}/${step}`;
  const generator = xoroshiro128plusFromState([hash(key, 1), hash(key, 2), hash(key, 3), hash(key, 4) | 1]);
  for (let i = 0; i < 4; i += 1) generator.next();
  return generator;
}

/** Uniform in [0, 1), from the high bits, which are the good ones. */
function uniform(generator: RandomGenerator): number {
  return (generator.next() >>> 8) * 2 ** -24;
}

/** `length` uniform values in [low, high). */
export function uniformValues(generator: RandomGenerator, length: number, low = 0, high = 1): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 1) values[i] = low + (high - low) * uniform(generator);
  return values;
}

/** `length` standard normal values (Box-Muller). */
export function normalValues(generator: RandomGenerator, length: number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(((generator.next() >>> 0) + 0.5) * 2 ** -32));
    const angle = 2 * Math.PI * uniform(generator);
    values[i] = radius * Math.cos(angle);
    if (i + 1 < length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Noise in which every draw has its own generator, so that their order does not matter. */
export function keyedNoise(seed: number, purpose: string, step: number): Noise {
  const generator = (draw: string) => keyedGenerator(seed, `${purpose}/${draw}`, step);
  return {
    normal: (draw, shape) => tf.tensor(normalValues(generator(draw), sizeOf(shape)), [...shape]),
    normalValues: (draw, length) => normalValues(generator(draw), length),
    uniform: (draw, shape) => tf.tensor(uniformValues(generator(draw), sizeOf(shape)), [...shape]),
  };
}
