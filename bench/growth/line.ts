/** The straight line through measured times. */

export interface Line {
  /** Seconds that every step takes. */
  readonly fixed: number;
  readonly perUnit: number;
}

/**
 * The line with the least sum of squared relative errors: short steps count as much as long ones.
 * @param points at least two, with different units
 */
export function lineThrough(points: readonly { readonly units: number; readonly seconds: number }[]): Line {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const { units, seconds } of points) {
    const weight = 1 / seconds ** 2;
    w += weight;
    x += weight * units;
    y += weight * seconds;
    xx += weight * units * units;
    xy += weight * units * seconds;
  }
  const perUnit = (w * xy - x * y) / (w * xx - x * x);
  return { fixed: (y - perUnit * x) / w, perUnit };
}
