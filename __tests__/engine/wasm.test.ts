import { expect, test } from '@jest/globals';
import { useEngine } from '../../src/engine/index.js';
import { globalNorm } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';

type Shape = [number, number, number, number];

/** The same numbers in every run. */
function values(shape: Shape, seed: number): tf.Tensor4D {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor4d(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i)),
    shape,
  );
}

test.each(['float32', 'int32', 'bool'] as const)('oneHot gives %s', async (dtype) => {
  await useEngine('wasm');
  const hot = tf.tidy(() => tf.oneHot(tf.tensor1d([2, 0], 'int32'), 3, 1, 0, dtype));
  expect(hot.dtype).toBe(dtype);
  expect([...(await hot.data())]).toEqual([0, 0, 1, 1, 0, 0]);
  tf.dispose(hot);
});

test('a depthwise filter with several outputs per channel is refused by name', async () => {
  await useEngine('wasm');
  const gradient = () =>
    tf.tidy(() =>
      tf.grad((filter) => tf.sum(tf.depthwiseConv2d(values([1, 3, 3, 2], 1), filter as tf.Tensor4D, 1, 1)))(
        values([3, 3, 2, 2], 2),
      ),
    );
  expect(gradient).toThrow(/DepthwiseConv2dNativeBackpropFilter.*wasm/);
});

test.each([
  ['more than the heap can grow', 1_048_400],
  ['more than an address can say', 2_000_000],
])('a tensor of %s is an error, and what was there stays as it was', async (_, rows) => {
  await useEngine('wasm');
  const [row, column] = [tf.ones([1, 1024]), tf.ones([rows, 1])];
  expect(() => tf.add(column, row)).toThrow(/^engine wasm: no memory for a tensor of \d+ MiB; all tensors/);
  const sum = tf.sum(row);
  expect([...(await sum.data())]).toEqual([1024]);
  tf.dispose([row, column, sum]);
});

test('the norm of a large tensor should not lose digits', async () => {
  await useEngine('wasm');
  for (const size of [2 ** 21, 2 ** 21 + 5]) {
    const x = tf.fill([size], 0.1);
    const norm = globalNorm([x]);
    expect((await norm.data())[0]! / (0.1 * Math.sqrt(size))).toBeCloseTo(1, 5);
    tf.dispose([x, norm]);
  }
});
