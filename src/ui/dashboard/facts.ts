/** The numbers of a run, line by line. */
import { bitsPerDimension } from '../../base/bitsPerDimension.js';
import { valuesPerImage } from '../../base/valuesPerImage.js';
import { sparkline } from '../blockCharacters.js';
import { ago, bytes, count, figure, percent } from '../format.js';
import type { Fact } from './FactsPane.js';
import { recentMean, recentMedian, type ValueName } from './history.js';
import { assess, reasonTexts, validationText, verdictText } from './overfitting.js';
import { type RunView, speed } from './runView.js';

/** The terms of the loss, and the last validation. */
export function termFacts({ history, validations, started, step }: RunView): Fact[] {
  const mean = (name: ValueName) => recentMean(history, ({ values }) => values[name], 20);
  const [reconstruction, kl] = [mean('reconstruction'), mean('kl')];
  if (!started || !step || reconstruction === null || kl === null) return [];
  const { warmupEpochs, klConstant, regularizationConstant } = started.config.training;
  const bits = bitsPerDimension(reconstruction + kl, valuesPerImage(started.config.model));
  const isWarm = step.epoch >= warmupEpochs;
  const warm = isWarm ? 'warm-up is over' : `1 at epoch ${warmupEpochs + 1}`;
  const mayRise = isWarm ? '' : ' · may rise until the KL weight is 1';
  return [
    { name: 'reconstruction', text: `${figure(reconstruction)} nats` },
    { name: 'KL', text: `${figure(kl)} nats · weight ${weight(step.klCoefficient * klConstant)}, ${warm}` },
    {
      name: 'regularisation',
      text: `${figure(mean('regularization') ?? 0)}, times ${figure(regularizationConstant)}`,
    },
    { name: 'negative ELBO', text: `${bits.toFixed(3)} bits per dimension${mayRise}` },
    ...validationFacts(validations),
  ];
}

/** Number of facts about the terms, also before they are known: nothing moves when the first validation comes. */
export function termCount({ started, validations }: RunView): number {
  return validations.length > 0 || (started?.validationImages ?? 0) > 0 ? 5 : 4;
}

function validationFacts(validations: RunView['validations']): Fact[] {
  const assessment = assess(validations);
  if (!assessment) return [];
  const text = [validationText(assessment), verdictText(assessment), ...reasonTexts(assessment)].join(' · ');
  return [{ name: 'validation', text, alarming: assessment.overfits }];
}

const weight = (value: number) => value.toFixed(2);

export interface Measures {
  /** Current time in milliseconds since 1970. */
  readonly now: number;
  /** Size of the checkpoint file; null if unknown. */
  readonly checkpointBytes: number | null;
}

/** Numbers that show whether the run is healthy. */
export function healthFacts(view: RunView, { now, checkpointBytes }: Measures): Fact[] {
  const { history, started, step, checkpoint, skipped, clipped, steps, warnings, crashes } = view;
  const norms = history.slice(-12).map(({ values }) => values.gradientNorm);
  const clipping = started?.config.training.gradientClipping ?? null;
  const clip =
    clipping === null ? 'not clipped' : `clip ${count(clipping)} (${percent(clipped / Math.max(1, steps))})`;
  const rate = speed(history);
  // Waiting for pictures, a checkpoint or a pause says nothing about the dataset.
  const wait = recentMedian(history, ({ values }) => values.waitShare) ?? 0;
  const resident = step?.residentBytes;
  const problems = [
    { number: skipped, name: 'skipped' },
    { number: warnings, name: warnings === 1 ? 'warning' : 'warnings' },
    { number: crashes, name: crashes === 1 ? 'crash' : 'crashes' },
  ]
    .filter(({ number }) => number > 0)
    .map(({ number, name }) => `${count(number)} ${name}`);
  const saved = checkpoint
    ? [
        ago((now - checkpoint.time) / 1000),
        `step ${count(checkpoint.step)}`,
        ...(checkpointBytes === null ? [] : [bytes(checkpointBytes)]),
      ].join(' · ')
    : 'none yet';
  return [
    {
      name: 'gradient norm',
      text: `${figure(norms.at(-1) ?? 0)} · ${clip}`,
      drawing: sparkline(norms, 12),
    },
    {
      name: 'problems',
      text: problems.length > 0 ? problems.join(' · ') : 'none',
      alarming: skipped + crashes > 0,
    },
    {
      name: 'speed',
      text: `${rate === null ? '-' : figure(rate)} images/s · data wait ${percent(wait)}`,
      alarming: wait > 0.2 && steps > 5,
    },
    { name: 'memory', text: resident === undefined ? '-' : `${bytes(resident)}  ${trend(view.memory)}` },
    { name: 'checkpoint', text: saved },
    { name: 'saved as', text: checkpoint?.path ?? '-' },
  ];
}

/** Whether memory grows during the second half of the history: the first steps fill pools and caches. */
export function trend(memory: readonly number[]): string {
  const last = memory.slice(memory.length >> 1);
  if (last.length < 10) return '';
  const half = last.length >> 1;
  const mean = (some: readonly number[]) => some.reduce((sum, each) => sum + each, 0) / some.length;
  const growth = mean(last.slice(half)) / mean(last.slice(0, half)) - 1;
  if (growth > 0.03) return `grows by ${percent(growth)}`;
  return growth < -0.03 ? 'falls' : 'flat';
}
