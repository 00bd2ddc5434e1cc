import { expect, test } from '@jest/globals';
import type { Binding } from '../../../src/engine/tensorflow/binding.js';
import { keepingConstants } from '../../../src/engine/tensorflow/constants.js';

const float = 1;
const int32 = 3;

/** A binding that only counts tensors, with the functions written as tfjs-node has them: read-only. */
function countingBinding() {
  let next = 0;
  const alive = new Map<number, readonly number[]>();
  const binding = {} as Binding;
  Object.defineProperty(binding, 'TF_FLOAT', { value: float });
  Object.defineProperty(binding, 'createTensor', {
    value: (_shape: number[], _dtype: number, values: Float32Array) => {
      alive.set(next, [...values]);
      return next++;
    },
  });
  Object.defineProperty(binding, 'deleteTensor', {
    value: (id: number) => {
      if (!alive.delete(id)) throw new Error(`no tensor ${id}`);
    },
  });
  return { binding, alive };
}

test('equal small tensors should be one', () => {
  const { binding, alive } = countingBinding();
  const kept = keepingConstants(binding);
  const first = kept.createTensor([], float, Float32Array.of(0.5));
  expect(kept.createTensor([], float, Float32Array.of(0.5))).toBe(first);
  kept.deleteTensor(first);
  kept.deleteTensor(first);
  expect(kept.createTensor([], float, Float32Array.of(0.5))).toBe(first);
  expect(alive.size).toBe(1);
});

test('what differs in type, shape or a single bit should stay apart', () => {
  const kept = keepingConstants(countingBinding().binding);
  const ids = [
    kept.createTensor([], float, Float32Array.of(0)),
    kept.createTensor([], float, Float32Array.of(-0)),
    kept.createTensor([1], float, Float32Array.of(0)),
    kept.createTensor([], int32, Int32Array.of(0)),
    kept.createTensor([1, 2], int32, Int32Array.of(1, 2)),
    kept.createTensor([2, 1], int32, Int32Array.of(1, 2)),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

test('a constant should not follow the array it was made of', () => {
  const { binding, alive } = countingBinding();
  const shared: Float32Array[] = [];
  const watching = Object.create(binding, {
    createTensor: {
      value: (shape: number[], dtype: number, values: Float32Array) => {
        shared.push(values);
        return binding.createTensor(shape, dtype, values);
      },
    },
  }) as Binding;
  const kept = keepingConstants(watching);
  const values = Float32Array.of(1, 2);
  const id = kept.createTensor([2], float, values);
  values[0] = 7;
  expect(shared.map((array) => [...array])).toEqual([[1, 2]]);
  expect(kept.createTensor([2], float, Float32Array.of(1, 2))).toBe(id);
  expect(alive.size).toBe(1);
});

test('large tensors should be made and deleted as before', () => {
  const { binding, alive } = countingBinding();
  const kept = keepingConstants(binding);
  const ids = [1, 2].map(() => kept.createTensor([9], float, new Float32Array(9)));
  const sizes = [1, 2].map(() => kept.createTensor([9], int32, new Int32Array(9)));
  expect(sizes[0]).toBe(sizes[1]);
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) kept.deleteTensor(id);
  expect([...alive.keys()]).toEqual([sizes[0]]);
});

test('numbers that nobody asked for lately should be let go of, and none that is in use', () => {
  const { binding, alive } = countingBinding();
  const kept = keepingConstants(binding, 3);
  const number = (value: number) => kept.createTensor([], float, Float32Array.of(value));
  const inUse = number(0);
  const often = number(1);
  kept.deleteTensor(often);
  for (let value = 2; value < 20; value++) {
    kept.deleteTensor(number(value));
    kept.deleteTensor(number(1));
  }
  expect([...alive.values()].flat().sort((a, b) => a - b)).toEqual([0, 1, 19]);
  expect(number(1)).toBe(often);
  expect(number(0)).toBe(inUse);
});
