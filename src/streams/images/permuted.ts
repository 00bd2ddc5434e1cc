import { keyedGenerator } from '../../model/random.js';

/** A list whose places can be written to: an array, or a typed one. */
interface Places {
  readonly length: number;
  [index: number]: unknown;
}

/** Shuffles the values in place (Fisher-Yates). The order depends only on seed, epoch and the number of values. */
export function permuted<List extends Places>(values: List, seed: number, epoch: number): List {
  const generator = keyedGenerator(seed, 'shuffle', epoch);
  const places: Places = values;
  for (let i = places.length - 1; i > 0; i -= 1) {
    const j = Math.floor((generator.next() >>> 0) * 2 ** -32 * (i + 1));
    const value = places[i];
    places[i] = places[j];
    places[j] = value;
  }
  return values;
}
