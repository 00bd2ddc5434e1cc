import { expect, test } from '@jest/globals';
import { klCoefficient } from '../../src/model/losses.js';
import { learningRateWarmup } from '../../src/training/learningRateWarmup.js';
import { clipFactorOf } from '../../src/training/optimizerStep.js';
import { learningRate } from '../../src/training/schedule.js';
import { smallConfig } from '../support/smallConfig.js';

const at = (epoch: number, changes = {}) => learningRate(epoch, smallConfig({}, changes).training);

test('the learning rate is constant through the warm-up and one epoch more, then falls to the least', () => {
  expect([0, 1, 2, 3].map((epoch) => at(epoch))).toEqual([0.01, 0.01, 0.01, 0.01]);
  expect(at(4)).toBeLessThan(0.01);
  expect(at(10)).toBeCloseTo(1e-5, 10);
  expect(at(99)).toBeCloseTo(1e-5, 10);
});

test('without a last epoch, or with a warm-up longer than the run, the learning rate stays', () => {
  expect(at(1000, { epochs: -1 })).toBe(0.01);
  expect(at(5, { epochs: 3 })).toBe(0.01);
});

test('a linear schedule falls in equal parts over the span of the cosine, a constant one not at all', () => {
  const linear = (epoch: number, changes = {}) => at(epoch, { learningRateSchedule: 'linear', ...changes });
  expect([0, 1, 2, 3].map((epoch) => linear(epoch))).toEqual([0.01, 0.01, 0.01, 0.01]);
  [4, 5, 6, 7, 8, 9, 10].forEach((epoch, i) => {
    expect(linear(epoch)).toBeCloseTo(0.01 - ((0.01 - 1e-5) * (i + 1)) / 7, 12);
  });
  expect([linear(10), linear(99)]).toEqual([1e-5, 1e-5].map((rate) => expect.closeTo(rate, 12)));
  expect(linear(5, { epochs: 3 })).toBe(0.01);
  expect(linear(1000, { epochs: -1 })).toBe(0.01);
  for (const epoch of [0, 4, 10, 99]) expect(at(epoch, { learningRateSchedule: 'constant' })).toBe(0.01);
});

test('the learning rate grows in equal parts over the first steps of a run', () => {
  const factors = (learningRateWarmupSteps: number) =>
    [0, 1, 2, 3, 4, 5].map((step) =>
      learningRateWarmup(step, smallConfig({}, { learningRateWarmupSteps }).training),
    );
  expect(factors(0)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(factors(1)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(factors(4)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
});

test('the KL counts nothing at first and fully after the warm-up', () => {
  expect([0, 1, 2, 3].map((epoch) => klCoefficient(epoch, 2))).toEqual([0, 0.5, 1, 1]);
  expect(klCoefficient(0, 0)).toBe(1);
});

test('gradients are only ever scaled down', () => {
  expect(clipFactorOf(10, null)).toBe(1);
  expect(clipFactorOf(10, 100)).toBe(1);
  expect(clipFactorOf(200, 100)).toBeCloseTo(0.5, 6);
});
