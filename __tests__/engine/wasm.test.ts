import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { useEngine } from '../../src/engine/index.js';
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

/** Gradients of sum(f(x, filter)^2) in both, computed on one engine. */
async function gradientsOn(
  engine: 'cpu' | 'wasm',
  f: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor,
  shape: Shape,
  filterShape: Shape,
): Promise<number[][]> {
  await useEngine(engine);
  const before = tf.memory().numTensors;
  const inputs = [values(shape, 1), values(filterShape, 2)];
  const objective = (x: tf.Tensor, filter: tf.Tensor) =>
    tf.sum(tf.square(f(x as tf.Tensor4D, filter as tf.Tensor4D)));
  const gradients = tf.grads(objective)(inputs);
  const results = await Promise.all(gradients.map(async (gradient) => [...(await gradient.data())]));
  tf.dispose([inputs, gradients]);
  expect(tf.memory().numTensors).toBe(before);
  return results;
}

function expectClose(actual: readonly number[][], expected: readonly number[][]): void {
  expected.forEach((numbers, i) => {
    const scale = Math.max(1, ...numbers.map(Math.abs));
    expect(actual[i]).toHaveLength(numbers.length);
    const errors = numbers.map((value, k) => Math.abs(value - (actual[i]?.[k] ?? Number.NaN)) / scale);
    expect(Math.max(...errors)).toBeLessThan(2e-5);
  });
}

const geometry = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 1, max: 7 }),
  channels: fc.integer({ min: 1, max: 5 }),
  kernel: fc.constantFrom(1, 3, 5),
  stride: fc.constantFrom(1, 2),
});

test('convolution gradients are those of the cpu engine', async () => {
  const property = fc.asyncProperty(
    geometry,
    fc.integer({ min: 1, max: 5 }),
    async ({ batch, height, width, channels, kernel, stride }, outputs) => {
      const f = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, stride, (kernel - 1) / 2);
      const shapes: [Shape, Shape] = [
        [batch, height, width, channels],
        [kernel, kernel, channels, outputs],
      ];
      expectClose(await gradientsOn('wasm', f, ...shapes), await gradientsOn('cpu', f, ...shapes));
    },
  );
  await fc.assert(property, { numRuns: 40, seed: 1 });
});

test('depthwise gradients are those of the cpu engine', async () => {
  const property = fc.asyncProperty(geometry, async ({ batch, height, width, channels, kernel, stride }) => {
    const f = (x: tf.Tensor4D, filter: tf.Tensor4D) =>
      tf.depthwiseConv2d(x, filter, stride, (kernel - 1) / 2);
    const shapes: [Shape, Shape] = [
      [batch, height, width, channels],
      [kernel, kernel, channels, 1],
    ];
    expectClose(await gradientsOn('wasm', f, ...shapes), await gradientsOn('cpu', f, ...shapes));
  });
  await fc.assert(property, { numRuns: 40, seed: 1 });
});

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
