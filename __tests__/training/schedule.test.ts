import { expect, test } from '@jest/globals';
import { klCoefficient } from '../../src/model/losses.js';
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

test('the KL counts nothing at first and fully after the warm-up', () => {
  expect([0, 1, 2, 3].map((epoch) => klCoefficient(epoch, 2))).toEqual([0, 0.5, 1, 1]);
  expect(klCoefficient(0, 0)).toBe(1);
});

test('gradients are only ever scaled down', () => {
  expect(clipFactorOf(10, null)).toBe(1);
  expect(clipFactorOf(10, 100)).toBe(1);
  expect(clipFactorOf(200, 100)).toBeCloseTo(0.5, 6);
});
