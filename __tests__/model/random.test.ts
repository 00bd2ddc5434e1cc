import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyedGenerator, keyedNoise, normalValues, uniformValues } from '../../src/model/random.js';
import { useTestEngine } from '../support/engine.js';

useTestEngine();

test('the same key gives the same numbers, another key others', () => {
  const draw = (seed: number, purpose: string, step: number) =>
    [...uniformValues(keyedGenerator(seed, purpose, step), 4)].join();
  expect(draw(1, 'a', 2)).toBe(draw(1, 'a', 2));
  const others = [draw(2, 'a', 2), draw(1, 'b', 2), draw(1, 'a', 3), draw(1, 'a', 2)];
  expect(new Set(others).size).toBe(4);
});

test('neighbouring keys are not correlated', () => {
  const first = Array.from(
    { length: 4000 },
    (_, step) => uniformValues(keyedGenerator(1, 'step', step), 1)[0] ?? 0,
  );
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
  const products = first.slice(1).map((value, i) => (value - 0.5) * ((first[i] ?? 0) - 0.5));
  const correlation = (12 * products.reduce((sum, value) => sum + value, 0)) / products.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  expect(Math.abs(correlation)).toBeLessThan(0.06);
});

test('uniform values stay in their range, normal values have mean 0 and variance 1', () => {
  const uniform = uniformValues(keyedGenerator(3, 'u', 0), 10_000, -2, 3);
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...uniform)).toBeLessThan(3);
  const normal = normalValues(keyedGenerator(3, 'n', 0), 40_001);
  const mean = normal.reduce((sum, value) => sum + value, 0) / normal.length;
  const variance = normal.reduce((sum, value) => sum + value * value, 0) / normal.length;
  const fourth = normal.reduce((sum, value) => sum + value ** 4, 0) / normal.length;
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  expect(Math.abs(fourth - 3)).toBeLessThan(0.3);
});

test('an image of a part of a batch has the numbers that it has in the whole batch', () => {
  const shapes = fc.record({
    image: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    before: fc.integer({ min: 0, max: 7 }),
    count: fc.integer({ min: 1, max: 5 }),
    after: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(shapes, fc.constantFrom('normal' as const, 'uniform' as const), (shape, kind) => {
      const { image, before, count, after } = shape;
      const size = image.reduce((product, each) => product * each, 1);
      const values = (first: number, images: number) => {
        const tensor = keyedNoise(3, 'step', 5, first)[kind]('latent.0', [images, ...image]);
        const numbers = [...tensor.dataSync()];
        tensor.dispose();
        return numbers;
      };
      const whole = values(0, before + count + after);
      expect(values(before, count)).toEqual(whole.slice(before * size, (before + count) * size));
    }),
    { numRuns: 50 },
  );
  expect(keyedNoise(3, 'step', 5, 2).normalValues('spectral.a', 3)).toEqual(
    keyedNoise(3, 'step', 5).normalValues('spectral.a', 3),
  );
});
