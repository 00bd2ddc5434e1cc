/** Draws values over time as filled areas of characters. Pure. */

const eighths = ' ▁▂▃▄▅▆▇█';

/**
 * `rows` lines of one character per value, from 0 at the bottom to `most` at the top; a gap for a value that is not finite. A
 * value other than 0 is always visible, however small it is.
 */
export function areaChart(values: readonly number[], rows: number, most: number): string[] {
  const heights = values.map((value) => {
    if (!Number.isFinite(value) || value <= 0 || !(most > 0)) return 0;
    return Math.max(1, Math.round(Math.min(1, value / most) * 8 * rows));
  });
  return Array.from({ length: rows }, (_, row) => {
    const below = 8 * (rows - 1 - row);
    return heights.map((height) => eighths.charAt(Math.max(0, Math.min(8, height - below)))).join('');
  });
}

/** Means over `columns` equal intervals of x; an empty interval repeats the value before it. */
export function resampled(
  samples: readonly { readonly x: number; readonly y: number }[],
  columns: number,
): number[] {
  const [first = 0, last = 0] = [samples[0]?.x, samples.at(-1)?.x];
  const sums = Array.from({ length: Math.max(0, columns) }, () => ({ sum: 0, count: 0 }));
  for (const { x, y } of samples) {
    const at =
      last > first
        ? Math.min(columns - 1, Math.floor(((x - first) / (last - first)) * columns))
        : columns - 1;
    const bucket = sums[at];
    if (!bucket || !Number.isFinite(y)) continue;
    bucket.sum += y;
    bucket.count += 1;
  }
  let before = Number.NaN;
  return sums.map(({ sum, count }) => {
    if (count > 0) before = sum / count;
    return before;
  });
}
