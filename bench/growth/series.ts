/** The sizes for which a step is measured: one of them grows, the others stay. */

export interface Point {
  readonly batch: number;
  readonly set: readonly string[];
  /** How large the step is. */
  readonly units: number;
}

export interface Series {
  readonly name: string;
  /** What the size is counted in. */
  readonly unit: string;
  readonly points: readonly Point[];
}

const upTo = (most: number, values: readonly number[]) => values.filter((value) => value <= most);

/** @param most the largest batch */
export function allSeries(batch: number, scales: number, most: number): Series[] {
  return [
    {
      name: 'batch',
      unit: 'image',
      points: upTo(most, [2, 4, 8, 16, 32]).map((units) => ({ batch: units, set: [], units })),
    },
    {
      name: 'latent groups',
      unit: 'group',
      points: [1, 2, 4, 7, 10].map((groups) => ({
        batch,
        set: [`initial_splits_per_scale=${groups}`, 'exponential_scaling=1'],
        units: groups * scales,
      })),
    },
    {
      name: 'pixels of the batch',
      unit: '1,000 pixels',
      points: [32, 64, 128].map((size) => ({
        batch,
        set: [`input_dimension=${size}`],
        units: (batch * size * size) / 1000,
      })),
    },
  ];
}
