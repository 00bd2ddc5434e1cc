import { type MonoTypeOperatorFunction, map, mergeMap, toArray } from 'rxjs';
import { checkSeed, checkWhole } from '../../base/checkNumbers.js';
import { permuted } from './permuted.js';

/**
 * Emits all values in a random order that depends only on seed, epoch and the number of values.
 *
 *     source    a--b--c--|
 *     shuffle   ---------(bca|)
 *
 * Waits for the source to end, so use it for small values: names or recipes, not images. An error is passed on at once.
 *
 * @param seed the run's seed, an integer
 * @param epoch the epoch, from 0
 * @throws RangeError at call time when the seed is not an integer, or the epoch is not an integer of at least 0
 *
 * @example
 * images('photos').pipe(shuffle(1, epoch), decodeImages({ size: 64 }));
 */
export function shuffle<T>(seed: number, epoch: number): MonoTypeOperatorFunction<T> {
  checkSeed('shuffle', seed);
  checkWhole('shuffle', 'epoch', epoch);
  return (source) =>
    source.pipe(
      toArray(),
      map((values) => permuted(values, seed, epoch)),
      mergeMap((values) => values),
    );
}
