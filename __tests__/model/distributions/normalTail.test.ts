import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { logNormalProbability, normalProbability } from '../../../src/model/distributions/normalTail.js';

/** log Phi(z) by Simpson's rule: Phi(z) = density(z) * integral of exp(z s - s^2 / 2) over s from 0, for z <= 0. */
function integrated(z: number): number {
  const reach = Math.min(12, 60 / Math.max(1, -z));
  const intervals = 8000;
  const step = reach / intervals;
  let sum = 0;
  for (let i = 0; i <= intervals; i += 1) {
    const s = i * step;
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 0 ? 2 : 4;
    sum += weight * Math.exp(z * s - 0.5 * s * s);
  }
  return -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) + Math.log((sum * step) / 3);
}

test('the logarithm should agree with an integral, from the mean to 500 standard deviations below it', () => {
  fc.assert(
    fc.property(fc.double({ min: -500, max: 0, noNaN: true }), (z) => {
      expect(Math.abs(logNormalProbability(z) - integrated(z))).toBeLessThan(1e-9 * (1 + z * z * 1e-6));
    }),
  );
});

test('the logarithm should agree with an integral around the nodes and the end of its table', () => {
  for (let z = -13; z <= 0; z += 1 / 21) {
    expect(Math.abs(logNormalProbability(z) - integrated(z))).toBeLessThan(1e-10);
  }
});

test('both sides should add up to 1, and the probability should be the exponential of the logarithm', () => {
  fc.assert(
    fc.property(fc.double({ min: -35, max: 35, noNaN: true }), (z) => {
      expect(normalProbability(z) + normalProbability(-z)).toBeCloseTo(1, 14);
      expect(Math.log(normalProbability(z)) - logNormalProbability(z)).toBeCloseTo(0, 11);
    }),
  );
  expect(normalProbability(0)).toBeCloseTo(0.5, 15);
  expect([normalProbability(Number.NEGATIVE_INFINITY), normalProbability(50)]).toEqual([0, 1]);
  expect(logNormalProbability(Number.NaN)).toBeNaN();
});
