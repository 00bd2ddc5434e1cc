/** Metrics that a curve can show. */
import { bitsPerDimension } from '../../base/bitsPerDimension.js';
import { bytes, figure, percent } from '../format.js';
import type { Point } from './history.js';
import type { AxisUnit } from './ticks.js';
import type { ValidationPoint } from './validations.js';

export interface Metric {
  readonly label: string;
  readonly unit: string;
  /** Unit of the axis labels. @default 'number' */
  readonly axis?: AxisUnit;
  /** Value for images of this number of values. */
  value(point: Point, imageValues: number): number;
  /** Value of a validation that is comparable with it. @default none */
  validation?(point: ValidationPoint, imageValues: number): number;
}

export const metrics: readonly Metric[] = [
  {
    label: 'loss',
    unit: 'nats per image',
    value: ({ values }) => values.loss,
    validation: ({ negativeElbo }) => negativeElbo,
  },
  {
    label: 'negative ELBO',
    unit: 'bits per dimension',
    value: ({ values }, imageValues) => bitsPerDimension(values.reconstruction + values.kl, imageValues),
    validation: ({ negativeElbo }, imageValues) => bitsPerDimension(negativeElbo, imageValues),
  },
  {
    label: 'reconstruction',
    unit: 'nats per image',
    value: ({ values }) => values.reconstruction,
    validation: ({ reconstructionLoss }) => reconstructionLoss,
  },
  {
    label: 'KL',
    unit: 'nats per image',
    value: ({ values }) => values.kl,
    validation: ({ kl }) => kl,
  },
  { label: 'regularisation', unit: 'before its weight', value: ({ values }) => values.regularization },
  { label: 'gradient norm', unit: 'before clipping', value: ({ values }) => values.gradientNorm },
  { label: 'learning rate', unit: '', value: ({ values }) => values.learningRate },
  { label: 'speed', unit: 'images per second', value: ({ values }) => values.imagesPerSecond },
  { label: 'data wait', unit: 'of the time', axis: 'percent', value: ({ values }) => values.waitShare },
  { label: 'memory', unit: '', axis: 'bytes', value: ({ values }) => values.residentBytes },
];

/** The terms of the loss and the health metrics, the most informative first. */
export const termMetrics = metricsOf('reconstruction', 'KL', 'negative ELBO', 'regularisation');
export const healthMetrics = metricsOf('gradient norm', 'speed', 'memory', 'data wait', 'learning rate');

function metricsOf(...labels: readonly string[]): readonly Metric[] {
  return labels.flatMap((label) => metrics.find((metric) => metric.label === label) ?? []);
}

/** Parts of the history that a curve can show. */
export const ranges = ['all', 'last epoch', 'last 500 steps'] as const;
export type Range = (typeof ranges)[number];

export function inRange(history: readonly Point[], range: Range): readonly Point[] {
  const last = history.at(-1);
  if (!last || range === 'all') return history;
  if (range === 'last epoch') return history.filter(({ epoch }) => epoch === last.epoch);
  return history.filter(({ step }) => step > last.step - 500);
}

/** A value of a metric for a title. */
export function metricFigure({ axis }: Metric, value: number): string {
  if (axis === 'percent') return percent(value);
  return axis === 'bytes' ? bytes(value) : figure(value);
}
