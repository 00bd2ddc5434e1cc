/** Moves running averages towards values, in place if the engine allows it. */
import type { NativeBackend } from '../native/backend.js';
import { packed, planPacks, unpacked } from '../packs.js';
import * as tf from '../tf.js';
import { inPlaceBackend } from './inPlaceBackend.js';
import { runInPlace } from './inPlaceKernel.js';

export interface AverageOptions {
  /** Weight of the new value, between 0 and 1. */
  readonly weight: number;
  /** Factor applied to the new value first. @default 1 */
  readonly factor?: number;
  /** The average does not fall below it; an average already below it does not fall further. @default none */
  readonly floor?: number;
}

/** For each: average = (1 - weight) * average + weight * factor * value. The values have the same shapes; the caller keeps them. */
export function moveAverages(
  averages: readonly tf.Variable[],
  values: readonly tf.Tensor[],
  options: AverageOptions,
): void {
  const inputs = () =>
    Object.fromEntries(
      averages.flatMap((average, i) => [
        [`average${i}`, average] as const,
        [`value${i}`, values[i] as tf.Tensor] as const,
      ]),
    );
  if (runInPlace('MoveAveragesInPlace', averages, inputs, { ...options })) return;
  for (const pack of planPacks(averages.map(({ shape }) => shape))) {
    const [only, ...others] = pack.members.map((member) => averages[member] as tf.Variable);
    const value = values[pack.members[0] ?? -1];
    const backend = only && others.length === 0 ? inPlaceBackend([only]) : null;
    if (backend && only && value) moveInPlace(backend, only, value, options);
    else
      tf.tidy(() => {
        const moved = movedTowards(packed(pack, averages), packed(pack, values), options);
        unpacked(pack, moved).forEach((tensor, i) => {
          averages[pack.members[i] ?? -1]?.assign(tensor);
        });
      });
  }
}

function moveInPlace(
  backend: NativeBackend,
  average: tf.Variable,
  value: tf.Tensor,
  { weight, factor = 1, floor = Number.NEGATIVE_INFINITY }: AverageOptions,
): void {
  backend.addon.moveAverage(weight, factor, floor, backend.floats(value), backend.ownFloats(average));
}

function movedTowards(
  average: tf.Tensor,
  value: tf.Tensor,
  { weight, factor = 1, floor }: AverageOptions,
): tf.Tensor {
  const moved = tf.add(tf.mul(average, 1 - weight), tf.mul(value, weight * factor));
  return floor === undefined ? moved : tf.maximum(moved, tf.minimum(average, floor));
}
