/** Vectors of many weights, in sequence in one tensor, made length 1. */
import type { Shader } from '../shader.js';
import { mapThreads } from './map.js';

/** One workgroup per weight: length 1 unless a vector is very short. `begins` has where each vector begins, and the end. */
export const toUnit = unitShader('unit vectors', [], 'u[i] / max(norm, given.smallest_norm)');

/** As above, but a vector that is very short becomes the one in `before`. */
export const toUnitOrBefore = unitShader(
  'unit vectors or those before',
  ['before'],
  'select(before[i], u[i] / max(norm, given.smallest_norm), norm > given.smallest_norm)',
);

function unitShader(name: string, more: readonly string[], value: string): Shader {
  return {
    name,
    reads: ['u', 'begins', ...more],
    writes: ['unit', 'norms'],
    integers: ['weights'],
    floats: ['smallest_norm'],
    threads: mapThreads,
    sums: true,
    code: `
fn run(weight: u32, thread: u32) {
  if (weight >= given.weights) { return; }
  let begin = u32(begins[weight]);
  let end = u32(begins[weight + 1]);
  var own = 0.0;
  for (var i = begin + thread; i < end; i += threads) { own += u[i] * u[i]; }
  let norm = sqrt(sum_of(own, thread));
  for (var i = begin + thread; i < end; i += threads) { unit[i] = ${value}; }
  if (thread == 0) { norms[weight] = norm; }
}`,
  };
}
