/** Convolutions and their gradients on whatever engine the tests run, against the definition. */
import { describe, expect, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { naiveConvolution, operandsOf, relativeError } from '../support/naiveConvolution.mjs';

useTestEngine();

type Pair = [number, number];
type Padding = Parameters<typeof tf.conv2d>[3];
type Vector = [number, number, number, number];

const sizes: Pair[] = [
  [1, 1],
  [2, 3],
  [4, 4],
  [5, 5],
  [8, 7],
];
const kernels = [1, 3, 5];
const strides = [1, 2];
/** What the model uses, both words, the widest number, and sides that differ. */
const paddings: [name: string, of: (kernel: number) => Padding][] = [
  ['half the filter', (kernel) => (kernel - 1) / 2],
  ['same', () => 'same'],
  ['valid', () => 'valid'],
  ['all of the filter', (kernel) => kernel - 1],
  [
    'top and right',
    (kernel) => [
      [0, 0],
      [kernel - 1, 0],
      [0, kernel - 1],
      [0, 0],
    ],
  ],
];

/** In the order of ConvShape; null where nothing would be left of the image. */
function shapeOf(input: Vector, filter: Vector, stride: number, padding: Padding, depthwise: boolean) {
  const kept = padding !== 'valid' || (input[1] >= filter[0] && input[2] >= filter[1]);
  if (!kept) return null;
  const info = tf.backend_util.computeConv2DInfo(input, filter, stride, 1, padding, 'floor', depthwise);
  if (info.outHeight < 1 || info.outWidth < 1) return null;
  const { top, left } = info.padInfo;
  const output = [info.outHeight, info.outWidth, info.outChannels];
  return [...input, ...output, filter[0], filter[1], stride, stride, top, left];
}

async function expectDefinition(
  [height, width]: Pair,
  kernel: number,
  stride: number,
  padding: Padding,
  depthwise: boolean,
): Promise<boolean> {
  const [batch, channels, outputs] = [2, 3, depthwise ? 1 : 4];
  const input: Vector = [batch, height, width, channels];
  const filterShape: Vector = [kernel, kernel, channels, outputs];
  const shape = shapeOf(input, filterShape, stride, padding, depthwise);
  if (!shape) return false;
  const operands = operandsOf(shape, depthwise, kernel + stride);
  const expected = naiveConvolution(shape, operands.x, operands.filter, operands.dy, depthwise);
  const results = tf.tidy(() => {
    const x = tf.tensor4d(operands.x, input);
    const filter = tf.tensor4d(operands.filter, filterShape);
    const dy = tf.tensor4d(operands.dy, [shape[0]!, shape[4]!, shape[5]!, shape[6]!]);
    const rounding = typeof padding === 'string' ? undefined : 'floor';
    const convolve = (a: tf.Tensor, f: tf.Tensor) =>
      (depthwise ? tf.depthwiseConv2d : tf.conv2d)(
        a as tf.Tensor4D,
        f as tf.Tensor4D,
        stride,
        padding,
        'NHWC',
        1,
        rounding,
      );
    return [convolve(x, filter), ...tf.grads((a, f) => convolve(a!, f!))([x, filter], dy)];
  });
  const [y, dx, dfilter] = await Promise.all(results.map((result) => result.data()));
  tf.dispose(results);
  const errors = {
    y: relativeError(y!, expected.y),
    dx: relativeError(dx!, expected.dx),
    dfilter: relativeError(dfilter!, expected.dfilter),
  };
  const where = `${[height, width]} kernel ${kernel} stride ${stride}`;
  const wrong = Object.entries(errors).filter(([, error]) => !(error < 5e-6));
  expect({ where, wrong }).toEqual({ where, wrong: [] });
  return true;
}

describe.each([false, true])('a convolution (depthwise: %p) should equal the definition', (depthwise) => {
  test.each(paddings)('padded by %s', async (_, paddingOf) => {
    const before = tf.memory().numTensors;
    // A GPU compiles a program for each shape, in software slowly: one image, of even and odd sides.
    const some = testEngine === 'webgpu' ? sizes.slice(-1) : sizes;
    let count = 0;
    for (const size of some)
      for (const kernel of kernels)
        for (const stride of strides)
          if (await expectDefinition(size, kernel, stride, paddingOf(kernel), depthwise)) count += 1;
    expect(count).toBeGreaterThanOrEqual(some.length * 3);
    expect(tf.memory().numTensors).toBe(before);
  });
});
