/** The arithmetic of the comparison: no processes, no clocks. */
import { median } from '../median.js';
import type { Needed } from '../processes/inTurns.js';
import { nameOf, type OurVariant, type TorchVariant } from './variants.js';

export interface Figure extends Needed {
  readonly variant: OurVariant | TorchVariant;
}

export interface Spread {
  readonly min: number;
  readonly median: number;
}

export function spreadOf({ seconds }: Pick<Figure, 'seconds'>): Spread {
  return { min: Math.min(...seconds), median: median(seconds) };
}

export function ratioOf(above: Figure, below: Figure): Spread {
  const [a, b] = [spreadOf(above), spreadOf(below)];
  return { min: a.min / b.min, median: a.median / b.median };
}

/** The figure with the shortest time. */
export function fastest<T extends Pick<Figure, 'seconds'>>(figures: readonly T[]): T | undefined {
  return [...figures].sort((a, b) => spreadOf(a).min - spreadOf(b).min)[0];
}

/**
 * PyTorch's best figure to compare one of ours with: the fastest in float32, or in either precision for `half_precision`. Undefined
 * for a variant that runs under other conditions, such as another number of threads.
 */
export function opponentOf(ours: Figure, all: readonly Figure[]): Figure | undefined {
  const { half, threads, simd } = ours.variant;
  const others = all.filter(
    ({ variant }) =>
      variant.by === 'PyTorch' &&
      variant.threads === threads &&
      variant.simd === simd &&
      (half || !variant.half),
  );
  return fastest(others);
}

/** Ratios between our own variants, where both were measured; the first of them is the one to compare with. */
export function ownRatios(all: readonly Figure[]): { readonly name: string; readonly ratio: Spread }[] {
  const base = all.find(({ variant }) => variant.by === 'rx-nvae');
  if (!base) return [];
  const find = (change: Partial<OurVariant>) =>
    all.find(({ variant }) => nameOf(variant) === nameOf({ ...base.variant, ...change } as OurVariant));
  const pairs: [string, Figure | undefined, Figure | undefined][] = [
    ['half_precision / float32', find({ half: true }), base],
    [`1 thread / ${base.variant.threads} threads`, find({ threads: 1 }), base],
    ['avx2 / the best instruction set', base, find({ simd: null })],
  ];
  return pairs.flatMap(([name, above, below]) =>
    above && below && above !== below ? [{ name, ratio: ratioOf(above, below) }] : [],
  );
}
