import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RunningMean } from '../../../src/streams/evaluation/runningMean.js';
import { UnitVariances } from '../../../src/streams/evaluation/unitVariances.js';

const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 40 });

function variance(of: readonly number[]): number {
  const mean = of.reduce((sum, value) => sum + value, 0) / of.length;
  return of.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (of.length - 1);
}

test('a running mean should be the mean with its standard error, also far from zero', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(0, 1e8), (some, far) => {
      const running = new RunningMean();
      for (const value of some) running.add(value + far);
      const { mean, standardError } = running.measure();
      expect(mean - far).toBeCloseTo(some.reduce((sum, value) => sum + value, 0) / some.length, 5);
      expect(standardError).toBeCloseTo(Math.sqrt(variance(some) / some.length), 4);
    }),
  );
});

test('units should be counted by their variance over all images, whatever the batches', () => {
  const images = [
    [1, 0.5, 0],
    [1, 0.7, 10],
    [1, 0.6, 0],
    [1, 0.5, -4],
  ];
  // variances 0, 0.0092 and 35.7
  for (const sizes of [[4], [1, 3], [2, 2]]) {
    const units = new UnitVariances(3);
    let first = 0;
    for (const size of sizes) {
      units.add(Float32Array.from(images.slice(first, first + size).flat()));
      first += size;
    }
    expect([0.009, 0.01, 40].map((limit) => units.above(limit))).toEqual([2, 1, 0]);
  }
});

test('means and variances of parts should be merged to those of all', () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (parts) => {
      const [merged, whole] = [new RunningMean(), new RunningMean()];
      const [mergedUnits, wholeUnits] = [new UnitVariances(1), new UnitVariances(1)];
      for (const part of [[], ...parts]) {
        const [mean, units] = [new RunningMean(), new UnitVariances(1)];
        for (const value of part) {
          mean.add(value);
          whole.add(value);
        }
        units.add(Float32Array.from(part));
        wholeUnits.add(Float32Array.from(part));
        merged.merge(mean.state);
        mergedUnits.merge(units.state);
      }
      const [{ mean, standardError }, expected] = [merged.measure(), whole.measure()];
      expect(mean).toBeCloseTo(expected.mean, 9);
      expect(standardError).toBeCloseTo(expected.standardError ?? 0, 9);
      const limit = variance(parts.flat().map(Math.fround));
      expect([mergedUnits.above(1.01 * limit + 1e-6), mergedUnits.above(0.99 * limit - 1e-6)]).toEqual([
        0, 1,
      ]);
    }),
  );
});
