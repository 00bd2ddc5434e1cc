import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Journaled } from '../../../src/streams/journal/entry.js';
import { assess, reasonTexts, validationText, verdictText } from '../../../src/ui/dashboard/overfitting.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import { epochEvent, startedEvent, validationEvent } from '../../support/events.js';

interface Epoch {
  readonly bits: number;
  readonly training: number;
}

/** What the events of a run with these epochs are judged to be. The negative ELBO is a hundred times the bits. */
function assessed(epochs: readonly Epoch[], withModel = true) {
  let best: { path: string; bitsPerDimension: number; epoch: number } | null = null;
  const events = epochs.flatMap(({ bits, training }, epoch): Journaled[] => {
    if (withModel && bits < (best?.bitsPerDimension ?? Number.POSITIVE_INFINITY))
      best = { path: 'b', bitsPerDimension: bits, epoch };
    const measured = { bitsPerDimension: bits, negativeElbo: 100 * bits, bestModel: best };
    return [epochEvent(epoch, { reconstructionLoss: training, kl: 0 }), validationEvent(epoch, measured)];
  });
  const all: Journaled[] = [startedEvent(), ...events];
  const view = all.reduce((before, event) => withEvent(before, { ...event, time: 0 }), newRun);
  return assess(view.validations)!;
}

const textOf = (epochs: readonly Epoch[], withModel = true) => {
  const assessment = assessed(epochs, withModel);
  return [validationText(assessment), verdictText(assessment), ...reasonTexts(assessment)].join('; ');
};

/** Epochs in which training always improves. */
const withBits = (...bits: readonly number[]): Epoch[] =>
  bits.map((each, i) => ({ bits: each, training: 400 - 10 * i }));

describe('over-fitting', () => {
  test.each<[string, Epoch[], string]>([
    ['a first validation', withBits(4), '4.000 bits/dim; first validation; no gap to training'],
    ['a loss that falls', withBits(4, 3.9), '3.900 bits/dim; best so far; no gap to training'],
    [
      'a single worse one',
      withBits(4, 3.9, 3.95),
      '3.950 bits/dim; no better for 1 validation; gap to training +3.9 %; best 3.900 at epoch 2',
    ],
    [
      'a loss that rises while training improves',
      withBits(4, 3.8, 3.85, 3.9, 3.95),
      '3.950 bits/dim; over-fitting; gap to training +9.7 %; no better for 3 validations while training improves; best 3.800 at epoch 2',
    ],
    [
      'a loss that rises with that of training, as in the KL warm-up',
      [4, 4.1, 4.2, 4.3].map((bits) => ({ bits, training: 100 * bits })),
      '4.300 bits/dim; no better for 3 validations; no gap to training; best 4.000 at epoch 1',
    ],
    [
      'a loss that has levelled off',
      withBits(4, 3.8, 3.801, 3.8005, 3.802),
      '3.802 bits/dim; no better for 3 validations; gap to training +5.6 %; best 3.800 at epoch 2',
    ],
    [
      'a validation below the mean of training',
      [{ bits: 3.8, training: 400 }],
      '3.800 bits/dim; first validation; no gap to training',
    ],
    [
      'a mean of training that is not positive',
      [{ bits: 3.8, training: -400 }],
      '3.800 bits/dim; first validation',
    ],
    [
      'a validation that is not finite',
      [...withBits(4), { bits: Number.NaN, training: 1 }],
      'NaN bits/dim; no better for 1 validation; best 4.000 at epoch 1',
    ],
  ])('should be judged for %s', (_, epochs, expected) => {
    expect(textOf(epochs)).toBe(expected);
    expect(textOf(epochs, false)).toBe(expected);
  });

  test('should be unknown before the first validation', () => {
    expect(assess([])).toBeNull();
  });

  test('should never be said with a new best, early, or without a worse validation and a better training', () => {
    const epoch = fc.record({
      bits: fc.double({ min: 1, max: 8, noNaN: true }),
      training: fc.double({ min: 1, max: 900, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(epoch, { minLength: 1, maxLength: 20 }), fc.boolean(), (epochs, withModel) => {
        const { overfits, since, best, bitsPerDimension } = assessed(epochs, withModel);
        const least = Math.min(...epochs.map(({ bits }) => bits));
        const at = epochs.findIndex(({ bits }) => bits === least);
        expect(best).toEqual({ bitsPerDimension: least, epoch: at });
        expect(since).toBe(epochs.length - 1 - at);
        const last = epochs.at(-1)!;
        if (overfits) {
          expect(since).toBeGreaterThanOrEqual(3);
          expect(bitsPerDimension).toBeGreaterThan(least);
          expect(last.training).toBeLessThan(epochs[at]!.training);
        } else if (since >= 3 && last.training < epochs[at]!.training) {
          expect(bitsPerDimension - least).toBeLessThan(0.001 * least + 1e-9);
        }
      }),
    );
  });
});
