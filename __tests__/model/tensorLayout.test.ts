import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Layout } from '../../src/model/parameterSpec.js';
import { permute, toTorch, valuesFromTorch } from '../../src/model/tensorLayout.js';

test('permute moves axes like a transposition', () => {
  const values = Float32Array.of(0, 1, 2, 3, 4, 5);
  expect([...permute(values, [2, 3], [1, 0])]).toEqual([0, 3, 1, 4, 2, 5]);
});

test('PyTorch order and back gives the same bits', () => {
  const layouts: [Layout, number][] = [
    ['vector', 1],
    ['gain', 1],
    ['linear', 2],
    ['convolution', 4],
    ['depthwise', 4],
    ['image', 4],
  ];
  const cases = fc.constantFrom(...layouts).chain(([layout, rank]) => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: rank, maxLength: rank });
    return fc.record({ layout: fc.constant(layout), shape });
  });
  fc.assert(
    fc.property(cases, ({ layout, shape }) => {
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
      const torch = toTorch(values, shape, layout);
      expect(torch.data).toHaveLength(values.length);
      expect([...valuesFromTorch(torch.data as Float32Array, shape, layout)]).toEqual([...values]);
    }),
  );
});

test('convolution weights become [out, in, height, width]', () => {
  const shape = [1, 2, 3, 4]; // [height, width, in, out]
  const values = Float32Array.from({ length: 24 }, (_, i) => i);
  const { shape: torch, data } = toTorch(values, shape, 'convolution');
  expect(torch).toEqual([4, 3, 1, 2]);
  // out 1, in 2, row 0, column 1
  expect(data[1 * 6 + 2 * 2 + 1]).toBe(values[1 * 12 + 2 * 4 + 1]);
});
