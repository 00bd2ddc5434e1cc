import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Features } from '../../../src/engine/native/addon.js';
import { loadAddon } from '../../../src/engine/native/loadAddon.js';
import {
  asBfloat16,
  asFloat32,
  nativeConvolution,
  operandsOf,
  pseudoRandom,
} from '../../support/naiveConvolution.mjs';

/** What kernels give for features stored as bfloat16 is what they give for the same values in float32, rounded if it is features. */

const addon = loadAddon();
const half = (values: Float32Array) => asBfloat16(addon, values);

function expectSameBits(actual: Features, expected: Features): void {
  expect(Buffer.compare(new Uint8Array(actual.buffer), new Uint8Array(expected.buffer))).toBe(0);
}

/** Shapes whose filters, strides and borders take every way through the kernels, in the order of ConvShape. */
const shape = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 3, max: 13 }),
    width: fc.integer({ min: 3, max: 13 }),
    channels: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(32)),
    outChannels: fc.integer({ min: 1, max: 70 }),
    filter: fc.constantFrom(1, 3, 5),
    stride: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ batch, height, width, channels, outChannels, filter, stride }) => {
    const out = (size: number) => Math.floor((size - 1) / stride) + 1;
    const pad = (filter - 1) / 2;
    const sizes = [batch, height, width, channels, out(height), out(width), outChannels];
    return [...sizes, filter, filter, stride, stride, pad, pad];
  });

describe('features stored as bfloat16', () => {
  test.each([
    { depthwise: false, direct: true },
    { depthwise: false, direct: false },
    { depthwise: false, half: addon.halfProducts() },
    { depthwise: true },
  ])('convolutions and filter gradients, %p', ({ depthwise, ...options }) => {
    fc.assert(
      fc.property(shape, fc.nat(), (given, seed) => {
        const sizes = depthwise ? given.with(6, given[3]!) : given;
        const { x, filter, dy } = operandsOf(sizes, depthwise, seed);
        const stored = half(x);
        const actual = nativeConvolution(addon, sizes, stored, filter, dy, depthwise, options);
        const floats = asFloat32(addon, stored);
        const expected = nativeConvolution(addon, sizes, floats, filter, dy, depthwise, options);
        expectSameBits(actual.y, half(expected.y));
        expectSameBits(actual.dfilter, expected.dfilter);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    [1100, 1],
    [300, 3],
  ])('a convolution that adds up products in several slices: %i channels, filter %i', (channels, filter) => {
    const pad = (filter - 1) / 2;
    const sizes = [1, 4, 3, channels, 4, 3, 37, filter, filter, 1, 1, pad, pad];
    const operands = operandsOf(sizes, false, 1);
    const stored = half(operands.x);
    for (const halfProducts of [false, addon.halfProducts()]) {
      const run = <X extends Features>(x: X) =>
        nativeConvolution(addon, sizes, x, operands.filter, operands.dy, false, {
          half: halfProducts,
          direct: true,
        });
      const [actual, expected] = [run(stored), run(asFloat32(addon, stored))];
      expectSameBits(actual.y, half(expected.y));
      expectSameBits(actual.dfilter, expected.dfilter);
    }
  });

  test('a convolution that reads one kind and writes the other', () => {
    const sizes = [2, 6, 7, 33, 6, 7, 35, 1, 1, 1, 1, 0, 0];
    const { x, filter } = operandsOf(sizes, false, 1);
    const stored = half(x);
    const run = <Y extends Features>(from: Features, y: Y) => {
      addon.conv2d(Int32Array.of(...sizes, 0, 0), from, filter, null, filter, 1, y);
      return y;
    };
    const length = 2 * 6 * 7 * 35;
    const expected = run(asFloat32(addon, stored), new Float32Array(length));
    expect(run(stored, new Float32Array(length))).toEqual(expected);
    expect(run(asFloat32(addon, stored), new Uint16Array(length))).toEqual(half(expected));
  });

  test.each([
    [1000, 5],
    [37, 64],
    [300, 33],
  ])('batch norm of %i rows with %i channels', (rows, channels) => {
    const [gamma, beta] = [pseudoRandom(channels, 1), pseudoRandom(channels, 2)];
    const dy = pseudoRandom(rows * channels, 3);
    const run = <X extends Features>(x: X, y: X) => {
      const statistics = [new Float32Array(channels), new Float32Array(channels)] as const;
      const norm = [rows, channels, 1e-5, 1] as const;
      addon.batchNorm(...norm, x, gamma, beta, y, ...statistics);
      const again = y.slice().fill(0) as X;
      addon.normalize(...norm, x, ...statistics, gamma, beta, again);
      const gradients = [dy.slice(), gamma.slice(), beta.slice()] as const;
      addon.batchNormGradient(...norm, dy, x, gamma, beta, ...statistics, ...gradients);
      return { y, again, rest: [...statistics, ...gradients] };
    };
    const x = half(pseudoRandom(rows * channels, 4));
    const actual = run<Features>(x, new Uint16Array(x.length));
    const expected = run<Features>(asFloat32(addon, x), new Float32Array(x.length));
    expect(actual.y).toEqual(half(expected.y as Float32Array));
    expect(actual.again).toEqual(actual.y);
    expect(actual.rest).toEqual(expected.rest);
  });

  test.each([5, 48])('squeeze-excitation of %i channels', (channels) => {
    const [batch, pixels, hidden] = [2, 70, 3];
    const size = batch * pixels * channels;
    const weights = [channels * hidden, hidden, hidden * channels, channels].map(pseudoRandom);
    const [w1, b1, w2, b2] = weights as [Float32Array, Float32Array, Float32Array, Float32Array];
    const run = (branch: Features) => {
      const exciting = [batch, pixels, channels, hidden, 0.1] as const;
      const [means, units, factors] = [batch * channels, batch * hidden, batch * channels].map(
        (length) => new Float32Array(length),
      ) as [Float32Array, Float32Array, Float32Array];
      const [y, dbranch] = [new Float32Array(size), new Float32Array(size)];
      const gradients = [w1.slice(), b1.slice(), w2.slice(), b2.slice()] as const;
      const state = [w1, b1, w2, b2, means, units, factors] as const;
      addon.squeezeExcite(...exciting, pseudoRandom(size, 5), branch, ...state, y);
      addon.squeezeExciteGradient(
        ...exciting,
        pseudoRandom(size, 6),
        branch,
        ...state,
        dbranch,
        ...gradients,
      );
      return [y, dbranch, means, factors, ...gradients];
    };
    const branch = half(pseudoRandom(size, 7));
    expect(run(branch)).toEqual(run(asFloat32(addon, branch)));
  });
});
