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
  relativeError,
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
        const [stored, gradient] = [half(x), half(dy)];
        const actual = nativeConvolution(addon, sizes, stored, filter, gradient, depthwise, options);
        const [floats, dys] = [asFloat32(addon, stored), asFloat32(addon, gradient)];
        const expected = nativeConvolution(addon, sizes, floats, filter, dys, depthwise, options);
        const mixed = nativeConvolution(addon, sizes, floats, filter, gradient, depthwise, options);
        expectSameBits(actual.y, half(expected.y));
        expectSameBits(actual.dx, half(expected.dx));
        for (const { dfilter } of [actual, mixed]) expectSameBits(dfilter, expected.dfilter);
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
    const dy = half(pseudoRandom(rows * channels, 3));
    const run = <X extends Features>(x: X, y: X, dy: Features) => {
      const statistics = [new Float32Array(channels), new Float32Array(channels)] as const;
      const norm = [rows, channels, 1e-5, 1] as const;
      addon.batchNorm(...norm, x, gamma, beta, y, ...statistics);
      const again = y.slice().fill(0) as X;
      addon.normalize(...norm, x, ...statistics, gamma, beta, again);
      const [dx, dgamma, dbeta] = [dy.slice(), gamma.slice(), beta.slice()] as const;
      addon.batchNormGradientSums(...norm, dy, x, gamma, beta, ...statistics, dx, dgamma, dbeta);
      addon.batchNormGradient(...norm, rows, dx, x, gamma, ...statistics, dgamma, dbeta, dx);
      return { y, again, dx, rest: [...statistics, dgamma, dbeta] };
    };
    const x = half(pseudoRandom(rows * channels, 4));
    const actual = run<Features>(x, new Uint16Array(x.length), dy);
    const floats = [asFloat32(addon, x), new Float32Array(x.length)] as const;
    const expected = run<Features>(...floats, asFloat32(addon, dy));
    expectSameBits(actual.y, half(expected.y as Float32Array));
    expectSameBits(actual.again, actual.y);
    expect(actual.rest).toEqual(expected.rest);
    // What the second pass reads of the first one is rounded, too.
    expect(relativeError(asFloat32(addon, actual.dx), expected.dx as Float32Array)).toBeLessThan(0.01);
    expect(run<Features>(floats[0], new Uint16Array(x.length), dy).dx).toEqual(actual.dx);
  });

  test.each([5, 48])('squeeze-excitation of %i channels', (channels) => {
    const [batch, pixels, hidden] = [2, 70, 3];
    const size = batch * pixels * channels;
    const weights = [channels * hidden, hidden, hidden * channels, channels].map(pseudoRandom);
    const [w1, b1, w2, b2] = weights as [Float32Array, Float32Array, Float32Array, Float32Array];
    const run = (branch: Features, dbranch: Features) => {
      const exciting = [batch, pixels, channels, hidden, 0.1] as const;
      const [means, units, factors] = [batch * channels, batch * hidden, batch * channels].map(
        (length) => new Float32Array(length),
      ) as [Float32Array, Float32Array, Float32Array];
      const y = new Float32Array(size);
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
      return [y, means, factors, ...gradients];
    };
    const branch = half(pseudoRandom(size, 7));
    const [rounded, dbranch] = [new Uint16Array(size), new Float32Array(size)];
    expect(run(branch, rounded)).toEqual(run(asFloat32(addon, branch), dbranch));
    expectSameBits(rounded, half(dbranch));
  });

  test('sums, and the gradient of an upsampling', () => {
    const x = half(pseudoRandom(2 * 6 * 10 * 19, 1));
    const floats = asFloat32(addon, x);
    const small = Int32Array.of(2, 3, 5, 19);
    const [dx, rounded] = [new Float32Array(2 * 3 * 5 * 19), new Uint16Array(2 * 3 * 5 * 19)];
    addon.upsampleGradient(small, 2, floats, dx);
    addon.upsampleGradient(small, 2, x, rounded);
    expectSameBits(rounded, half(dx));
    const total = (from: Features) => {
      const [sum, all] = [pseudoRandom(x.length, 2), new Float32Array(19)];
      addon.accumulate(from, sum);
      addon.reduce(addon.operations().reductions.indexOf('Sum'), 1, x.length / 19, 19, from, all);
      return [sum, all];
    };
    expect(total(x)).toEqual(total(floats));
  });
});
