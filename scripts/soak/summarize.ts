/** Summarises samples: what has grown, how fast, and whether that is too much. */
import type { SoakMetric, SoakSample } from './takeSample.js';

export interface SoakRow {
  readonly metric: SoakMetric;
  readonly start: number;
  readonly end: number;
  readonly least: number;
  readonly most: number;
  /** Growth per 1,000 steps over the second half, by least squares. */
  readonly slope: number;
  /** The largest slope that counts as flat. */
  readonly limit: number;
  readonly flat: boolean;
}

const megabyte = 1e6;

/** Limits of growth; counts must not grow at all. */
const limits: Readonly<Record<SoakMetric, number>> = {
  tensors: 0,
  tensorBytes: 0,
  poolBytes: 0,
  poolTotalBytes: 0,
  handles: 0,
  descriptors: 0,
  listeners: 0,
  heapBytes: megabyte,
  residentBytes: 4 * megabyte,
};

/** Counts that vary while a sample is taken, for example by timers of other code; a leak raises even the minimum. */
const passing: ReadonlySet<SoakMetric> = new Set(['handles', 'descriptors']);

/** One row per metric that could be measured. */
export function summarize(samples: readonly SoakSample[]): SoakRow[] {
  if (samples.length < 4) {
    throw new RangeError(`soak: expected at least 4 samples, got ${samples.length}; make more steps`);
  }
  const half = Math.floor(samples.length / 2);
  const later = samples.slice(half);
  return (Object.keys(limits) as SoakMetric[]).flatMap((metric) => {
    const values = samples.map((sample) => sample[metric]).filter((value) => value !== null);
    const [start, end] = [values[0], values.at(-1)];
    if (start === undefined || end === undefined || values.length < samples.length) return [];
    const slope = 1000 * slopeOf(later.map((sample) => [sample.step, sample[metric] ?? 0]));
    const limit = limits[metric];
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const rises = Math.min(...values.slice(half)) > Math.min(...values.slice(0, half));
    const flat = slope <= limit || (passing.has(metric) && !rises);
    return [{ metric, start, end, least, most, slope, limit, flat }];
  });
}

/** Slope of the least-squares line. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map((point) => point[0]));
  const y = mean(points.map((point) => point[1]));
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const variance = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return covariance / variance;
}

export function table(rows: readonly SoakRow[]): string {
  const head = ['', 'start', 'end', 'least', 'most', 'per 1,000 steps', 'limit', ''];
  const shown = (metric: SoakMetric, value: number) =>
    metric.endsWith('Bytes') ? `${(value / megabyte).toFixed(3)} MB` : `${Number(value.toFixed(2))}`;
  const lines = rows.map(({ metric, flat, start, end, least, most, slope, limit }) => [
    metric,
    ...[start, end, least, most, slope, limit].map((value) => shown(metric, value)),
    flat ? 'flat' : 'GROWS',
  ]);
  const all = [head, ...lines];
  const widths = head.map((_, i) => Math.max(...all.map((line) => line[i]?.length ?? 0)));
  return all
    .map((line) =>
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))),
    )
    .map((line) => line.join('  ').trimEnd())
    .join('\n');
}
