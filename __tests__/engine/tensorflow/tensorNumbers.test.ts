import { expect, test } from '@jest/globals';
import type { Binding } from '../../../src/engine/tensorflow/binding.js';
import { withUnsignedNumbers } from '../../../src/engine/tensorflow/tensorNumbers.js';

const float = 1;

/** A binding that counts as tfjs-node's does, from the given number on. */
function countingFrom(first: number): Binding {
  let next = first;
  const count = () => next++ | 0;
  return {
    TF_FLOAT: float,
    createTensor: count,
    executeOp: (_name: string, _attributes: unknown, _inputs: unknown, outputs: number) =>
      Array.from({ length: outputs }, () => ({ id: count(), shape: [2], dtype: float })),
  } as unknown as Binding;
}

test('numbers beyond 31 bits should not be negative', () => {
  const binding = withUnsignedNumbers(countingFrom(2 ** 31 - 1));
  expect(binding.createTensor([], float, Float32Array.of(1))).toBe(2 ** 31 - 1);
  expect(binding.createTensor([], float, Float32Array.of(1))).toBe(2 ** 31);
  expect(binding.executeOp('Split', [], [], 2)).toEqual([
    { id: 2 ** 31 + 1, shape: [2], dtype: float },
    { id: 2 ** 31 + 2, shape: [2], dtype: float },
  ]);
});

test('no number should be given twice', () => {
  const binding = withUnsignedNumbers(countingFrom(2 ** 32 - 2 ** 16 - 1));
  expect(binding.createTensor([], float, Float32Array.of(1))).toBe(2 ** 32 - 2 ** 16 - 1);
  expect(binding.createTensor([], float, Float32Array.of(1))).toBe(2 ** 32 - 2 ** 16);
  expect(() => binding.createTensor([], float, Float32Array.of(1))).toThrow(
    /restart from the last checkpoint/,
  );
});
