/** The history of a run in as many points as a screen can show: the newest steps individually, older ones merged. */
import type { StepEvent } from '../../streams/run/events.js';

/** The mean of `steps` consecutive steps. */
export interface Point {
  readonly steps: number;
  /** Number of the last of these steps. */
  readonly step: number;
  readonly epoch: number;
  readonly imagesSeen: number;
  readonly values: PointValues;
  readonly klPerGroup: readonly number[];
}

export interface PointValues {
  readonly loss: number;
  readonly reconstruction: number;
  readonly kl: number;
  readonly regularization: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Share of the time spent waiting for images. */
  readonly waitShare: number;
  /** Resident memory in bytes; NaN if unknown. */
  readonly residentBytes: number;
}

export type ValueName = keyof PointValues;

/** Number of steps kept individually. */
const recent = 1024;
/** Number of points for older steps. */
const older = 1536;

/** Null for a step with a non-finite loss. */
export function pointOf(event: StepEvent): Point | null {
  const values: PointValues = {
    loss: event.loss,
    reconstruction: event.reconstructionLoss,
    kl: event.kl,
    regularization: event.regularization,
    gradientNorm: event.gradientNorm,
    learningRate: event.learningRate,
    imagesPerSecond: event.batchSize / (event.seconds + event.waitSeconds),
    waitShare: event.waitSeconds / Math.max(1e-9, event.seconds + event.waitSeconds),
    residentBytes: event.residentBytes ?? Number.NaN,
  };
  if (!Number.isFinite(event.loss)) return null;
  const { step, epoch, imagesSeen, klPerGroup } = event;
  return { steps: 1, step, epoch, imagesSeen, values, klPerGroup };
}

/** The history with one more step. */
export function withPoint(history: readonly Point[], point: Point): readonly Point[] {
  const longer = [...history, point];
  if (longer.length <= recent + 2 * older) return longer;
  const old = longer.slice(0, -recent);
  const steps = old.reduce((sum, { steps }) => sum + steps, 0);
  return [...merged(old, (2 * steps) / older), ...longer.slice(-recent)];
}

/** The history up to a step: steps after the checkpoint are repeated, so they do not count. */
export function upTo<P extends { readonly step: number }>(history: readonly P[], step: number): readonly P[] {
  return history.filter((point) => point.step <= step);
}

/** The mean of a value over the last steps. */
export function recentMean(
  history: readonly Point[],
  value: (point: Point) => number,
  steps = 50,
): number | null {
  const last = history.slice(-steps).map(value).filter(Number.isFinite);
  return last.length > 0 ? last.reduce((sum, each) => sum + each, 0) / last.length : null;
}

/** The lower median of a value over the last steps, so that single steps have no effect. */
export function recentMedian(
  history: readonly Point[],
  value: (point: Point) => number,
  steps = 20,
): number | null {
  const sorted = history
    .slice(-steps)
    .map(value)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? null;
}

/** Merges neighbours up to `most` steps. */
function merged(points: readonly Point[], most: number): Point[] {
  const result: Point[] = [];
  for (const point of points) {
    const last = result.at(-1);
    if (last && last.steps + point.steps <= most) result[result.length - 1] = mean(last, point);
    else result.push(point);
  }
  return result;
}

function mean(a: Point, b: Point): Point {
  const steps = a.steps + b.steps;
  const mix = (x: number, y: number) => (x * a.steps + y * b.steps) / steps;
  const names = Object.keys(b.values) as ValueName[];
  const values = Object.fromEntries(names.map((name) => [name, mix(a.values[name], b.values[name])]));
  const klPerGroup = b.klPerGroup.map((kl, i) => mix(a.klPerGroup[i] ?? kl, kl));
  return { ...b, steps, values: values as unknown as PointValues, klPerGroup };
}
