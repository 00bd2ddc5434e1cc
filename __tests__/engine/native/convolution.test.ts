import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { useEngine } from '../../../src/engine/index.js';
import { loadAddon } from '../../../src/engine/native/loadAddon.js';
import * as tf from '../../../src/engine/tf.js';
import {
  asBfloat16,
  asFloat32,
  naiveConvolution,
  nativeConvolution,
  operandsOf,
  pseudoRandom,
  relativeError,
} from '../../support/naiveConvolution.mjs';

const side = fc
  .record({
    size: fc.integer({ min: 1, max: 12 }),
    filter: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    before: fc.nat(4),
    after: fc.nat(4),
  })
  .filter(
    ({ size, filter, before, after }) => before < filter && after < filter && size + before + after >= filter,
  );

/** Any convolution, in the order of ConvShape. */
const convolution = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    side,
    side,
    fc.integer({ min: 1, max: 36 }),
    fc.integer({ min: 1, max: 70 }),
  )
  .map(([batch, height, width, channels, outChannels]) => {
    const out = ({ size, filter, stride, before, after }: typeof height) =>
      Math.floor((size + before + after - filter) / stride) + 1;
    return { batch, height, width, channels, outChannels, outHeight: out(height), outWidth: out(width) };
  });

type Convolution = typeof convolution extends fc.Arbitrary<infer T> ? T : never;

function shapeOf(c: Convolution, outChannels: number): number[] {
  const { batch, height, width, channels } = c;
  return [
    ...[batch, height.size, width.size, channels],
    ...[c.outHeight, c.outWidth, outChannels],
    ...[height.filter, width.filter, height.stride, width.stride, height.before, width.before],
  ];
}

describe('native convolution', () => {
  test.each([false, true])('should equal the definition for any shape (depthwise: %p)', (depthwise) => {
    fc.assert(
      fc.property(convolution, fc.nat(), (c, seed) => {
        const shape = shapeOf(c, depthwise ? c.channels : c.outChannels);
        const { x, filter, dy } = operandsOf(shape, depthwise, seed);
        const expected = naiveConvolution(shape, x, filter, dy, depthwise);
        const actual = nativeConvolution(loadAddon(), shape, x, filter, dy, depthwise, { direct: true });
        expect(relativeError(actual.y, expected.y)).toBeLessThan(5e-6);
        expect(relativeError(actual.dx, expected.dx)).toBeLessThan(5e-6);
        expect(relativeError(actual.dfilter, expected.dfilter)).toBeLessThan(5e-6);
      }),
      { numRuns: 60 },
    );
  });

  test("should equal the definition by Winograd's way, for sizes that do not divide and both orders of work", () => {
    const large = fc.record({
      batch: fc.integer({ min: 1, max: 4 }),
      height: fc.integer({ min: 3, max: 18 }),
      width: fc.integer({ min: 3, max: 18 }),
      channels: fc.integer({ min: 16, max: 150 }),
      outChannels: fc.integer({ min: 16, max: 150 }),
    });
    fc.assert(
      fc.property(large, fc.nat(), ({ batch, height, width, channels, outChannels }, seed) => {
        const shape = [batch, height, width, channels, height, width, outChannels, 3, 3, 1, 1, 1, 1];
        const { x, filter, dy } = operandsOf(shape, false, seed);
        const direct = nativeConvolution(loadAddon(), shape, x, filter, dy, false, { direct: true });
        const actual = nativeConvolution(loadAddon(), shape, x, filter, dy, false);
        expect(relativeError(actual.y, direct.y)).toBeLessThan(2e-5);
        expect(relativeError(actual.dx, direct.dx)).toBeLessThan(2e-5);
        expect(relativeError(actual.dfilter, direct.dfilter)).toBeLessThan(2e-5);
      }),
      { numRuns: 60 },
    );
  });

  test('should scale, shift and activate what comes out', () => {
    const shape = [2, 7, 10, 24, 7, 10, 37, 3, 3, 1, 1, 1, 1];
    const { x, filter, dy } = operandsOf(shape, false, 5);
    const [scale, shift] = [pseudoRandom(37, 8), pseudoRandom(37, 9)];
    const plain = nativeConvolution(loadAddon(), shape, x, filter, dy, false).y;
    for (const direct of [0, 1]) {
      const y = new Float32Array(dy.length);
      loadAddon().conv2d(Int32Array.of(...shape, 0, direct), x, filter, scale, shift, 1, y);
      const expected = plain.map((value, i) => {
        const scaled = value * scale[i % 37]! + shift[i % 37]!;
        return scaled / (1 + Math.exp(-scaled));
      });
      expect(relativeError(y, expected)).toBeLessThan(2e-5);
    }
  });

  test('in half precision should equal the definition for rounded factors', () => {
    const addon = loadAddon();
    const half = (values: Float32Array) => asFloat32(addon, asBfloat16(addon, values));
    fc.assert(
      fc.property(convolution, fc.nat(), (c, seed) => {
        const shape = shapeOf(c, c.outChannels);
        const { x, filter, dy } = operandsOf(shape, false, seed);
        const expected = naiveConvolution(shape, half(x), half(filter), half(dy), false);
        const actual = nativeConvolution(addon, shape, x, filter, dy, false, { half: addon.halfProducts() });
        const tolerance = addon.halfProducts() ? 5e-6 : 2e-2;
        expect(relativeError(actual.y, expected.y)).toBeLessThan(tolerance);
        expect(relativeError(actual.dx, expected.dx)).toBeLessThan(tolerance);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [3, 7, 11, 19, 37],
    [1, 1, 1, 5, 40],
    [2, 40, 33, 48, 64],
    [1, 5, 3, 600, 35],
  ])(
    'in half precision should round both factors of the filter gradient of 1x1: %i %i %i %i %i',
    (...sizes) => {
      const [batch, height, width, channels, outChannels] = sizes;
      const shape = [batch, height, width, channels, height, width, outChannels, 1, 1, 1, 1, 0, 0];
      const addon = loadAddon();
      const half = (values: Float32Array) => asFloat32(addon, asBfloat16(addon, values));
      const { x, filter, dy } = operandsOf(shape, false, 5);
      const rounds = addon.halfProducts();
      const [from, gradient] = rounds ? [half(x), half(dy)] : [x, dy];
      const expected = naiveConvolution(shape, from, filter, gradient, false);
      const actual = nativeConvolution(addon, shape, x, filter, dy, false, { half: rounds });
      expect(relativeError(actual.dfilter, expected.dfilter)).toBeLessThan(5e-6);
    },
  );

  test('should sum long products in float32 in half precision', () => {
    const shape = [1, 5, 5, 700, 5, 5, 33, 3, 3, 1, 1, 1, 1];
    const { x, filter, dy } = operandsOf(shape, false, 1);
    const whole = (values: Float32Array) => values.map((value) => Math.round(8 * value));
    const operands = [x, filter, dy].map(whole) as [Float32Array, Float32Array, Float32Array];
    const expected = naiveConvolution(shape, ...operands, false);
    const addon = loadAddon();
    const actual = nativeConvolution(addon, shape, ...operands, false, { half: addon.halfProducts() });
    // Whole numbers of few bits: no product and no sum is rounded.
    expect(actual.y).toEqual(Float32Array.from(expected.y));
    expect(actual.dx).toEqual(Float32Array.from(expected.dx));
  });

  test('should not lose accuracy where one filter weight sums over many pixels', () => {
    const shape = [4, 64, 64, 3, 64, 64, 5, 3, 3, 1, 1, 1, 1];
    const { x, filter, dy } = operandsOf(shape, false, 1);
    const expected = naiveConvolution(shape, x, filter, dy, false);
    const actual = nativeConvolution(loadAddon(), shape, x, filter, dy, false);
    expect(relativeError(actual.dfilter, expected.dfilter)).toBeLessThan(3e-6);
  });
});

describe('native matrix product', () => {
  const size = fc.integer({ min: 1, max: 90 });

  test('should equal the definition, transposed or not, also for vectors', () => {
    fc.assert(
      fc.property(
        size,
        fc.oneof(size, fc.constant(1)),
        size,
        fc.boolean(),
        fc.boolean(),
        (m, n, k, ta, tb) => {
          const [a, b] = [pseudoRandom(m * k, m), pseudoRandom(k * n, n)];
          const expected = new Float64Array(m * n);
          for (let i = 0; i < m; i++) {
            for (let j = 0; j < n; j++) {
              for (let l = 0; l < k; l++) {
                expected[i * n + j]! += a[ta ? l * m + i : i * k + l]! * b[tb ? j * k + l : l * n + j]!;
              }
            }
          }
          const c = new Float32Array(m * n).fill(Number.NaN);
          loadAddon().gemm(m, n, k, a, 0, Number(ta), b, 0, Number(tb), c, 0);
          expect(relativeError(c, expected)).toBeLessThan(5e-6);
        },
      ),
    );
  });
});

describe('convolution on the native engine', () => {
  beforeAll(async () => {
    await useEngine('native');
  });

  test('should refuse NCHW by name', () => {
    const x = tf.ones([1, 3, 4, 4]) as tf.Tensor4D;
    const filter = tf.ones([1, 1, 3, 2]) as tf.Tensor4D;
    expect(() => tf.conv2d(x, filter, 1, 'valid', 'NCHW')).toThrow(
      'Conv2D: the native engine expects dataFormat NHWC',
    );
    tf.dispose([x, filter]);
  });
});
