import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Measured, validationMeans } from '../../../../src/streams/run/validation/validationMeans.js';

/** A batch of images whose values follow from the numbers. */
const batchOf = (numbers: readonly number[]): Measured => ({
  negativeElbo: Float64Array.from(numbers, (n) => 3 * n),
  negativeElboMass: Float64Array.from(numbers, (n) => 12 * Math.LN2 * n),
  reconstructionLoss: Float64Array.from(numbers),
  kl: [Float64Array.from(numbers, (n) => n / 2), Float64Array.from(numbers, (n) => 1.5 * n)],
});

describe('the means of a validation', () => {
  test('should count every image the same, whichever batch it is in', () => {
    const means = validationMeans(12, 2);
    means.add(batchOf([1, 2, 3]));
    means.add(batchOf([6]));
    expect(means.means()).toEqual({
      images: 4,
      negativeElbo: 9,
      reconstructionLoss: 3,
      kl: 6,
      klPerGroup: [1.5, 4.5],
      bitsPerDimension: 3,
    });
  });

  test('should not depend on the batches', () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 7 }), (values, size) => {
        const [whole, parts] = [validationMeans(12, 2), validationMeans(12, 2)];
        whole.add(batchOf(values));
        for (let i = 0; i < values.length; i += size) parts.add(batchOf(values.slice(i, i + size)));
        const { klPerGroup, ...rest } = whole.means();
        const others = parts.means();
        for (const [name, value] of Object.entries(rest)) {
          expect(others[name as keyof typeof rest]).toBeCloseTo(value, 9);
        }
        for (const [i, value] of klPerGroup.entries()) expect(others.klPerGroup[i]).toBeCloseTo(value, 9);
      }),
    );
  });

  test('should not be a number where an image has none, or there are no images', () => {
    const means = validationMeans(12, 2);
    expect(means.means()).toMatchObject({
      images: 0,
      negativeElbo: Number.NaN,
      klPerGroup: [Number.NaN, Number.NaN],
    });
    means.add(batchOf([1, Number.NaN]));
    expect(means.means()).toMatchObject({ images: 2, bitsPerDimension: Number.NaN });
  });
});
