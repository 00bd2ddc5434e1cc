/**
 * Runs as a child process, since the addon chooses its instruction set only once. Computes convolutions, a matrix product, sums,
 * batch norm and the fused kernels with NVAE_THREADS threads and the instruction set NVAE_SIMD, and prints the largest error
 * against the definition, that of Winograd's convolutions apart, and a digest of all bits.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  asBfloat16,
  asFloat32,
  naiveConvolution,
  nativeConvolution,
  operandsOf,
  pseudoRandom,
  relativeError,
} from './naiveConvolution.mjs';

const addon = createRequire(import.meta.url)(process.env.NVAE_TESTED_ADDON ?? '../../native/build/nvae.node');
if (process.env.NVAE_SIMD) addon.setSimd(process.env.NVAE_SIMD);
addon.setThreads(Number(process.env.NVAE_THREADS ?? 2));

const shapes = [
  [2, 12, 11, 19, 12, 11, 37, 3, 3, 1, 1, 1, 1],
  [2, 12, 12, 16, 6, 6, 32, 3, 3, 2, 2, 1, 1],
  [1, 9, 9, 40, 9, 9, 3, 1, 1, 1, 1, 0, 0],
  // many pixels, and many channels on both sides
  [4, 31, 33, 20, 31, 33, 35, 1, 1, 1, 1, 0, 0],
  [1, 8, 9, 150, 4, 5, 170, 3, 3, 2, 2, 1, 1],
  [3, 10, 13, 48, 10, 13, 48, 5, 5, 1, 1, 2, 2],
  // Winograd's way: by tiles and by channels
  [3, 14, 14, 33, 14, 14, 45, 3, 3, 1, 1, 1, 1],
  [1, 8, 8, 80, 8, 8, 72, 3, 3, 1, 1, 1, 1],
];
const winogradShapes = 2; // the last ones
const hash = createHash('sha256');
let error = 0;
let winogradError = 0;
for (const [i, shape] of shapes.entries()) {
  for (const depthwise of shape[3] === shape[6] ? [false, true] : [false]) {
    const { x, filter, dy } = operandsOf(shape, depthwise, i);
    const expected = naiveConvolution(shape, x, filter, dy, depthwise);
    const direct = i < shapes.length - winogradShapes;
    const actual = nativeConvolution(addon, shape, x, filter, dy, depthwise, { direct });
    for (const name of ['y', 'dx', 'dfilter']) {
      const distance = relativeError(actual[name], expected[name]);
      if (direct) error = Math.max(error, distance);
      else winogradError = Math.max(winogradError, distance);
      hash.update(actual[name]);
    }
    // Features stored as bfloat16 give what the same values in float32 give, rounded.
    const [stored, gradient] = [asBfloat16(addon, x), asBfloat16(addon, dy)];
    const half = nativeConvolution(addon, shape, stored, filter, gradient, depthwise, { direct });
    const floats = [asFloat32(addon, stored), filter, asFloat32(addon, gradient)];
    const same = nativeConvolution(addon, shape, ...floats, depthwise, { direct });
    const errors = [
      relativeError(half.y, asBfloat16(addon, same.y)),
      relativeError(half.dx, asBfloat16(addon, same.dx)),
      relativeError(half.dfilter, same.dfilter),
    ];
    error = Math.max(error, ...errors);
    for (const values of [half.y, half.dx, half.dfilter]) hash.update(values);
  }
}

const { reductions } = addon.operations();
const numbers = pseudoRandom(200_000, 7);
const sum = new Float32Array(1);
addon.reduce(reductions.indexOf('Sum'), 1, numbers.length, 1, numbers, sum);
const product = new Float32Array(130 * 70);
addon.gemm(130, 70, 300, numbers, 0, 0, numbers, 50_000, 1, product, 0);
const channels = 25;
const [y, mean, variance] = [
  new Float32Array(200_000),
  new Float32Array(channels),
  new Float32Array(channels),
];
const ones = new Float32Array(channels).fill(1);
addon.batchNorm(8000, channels, 1e-5, 1, numbers, ones, ones, y, mean, variance);
/** The results of a kernel in new arrays of the given lengths. */
function resultsOf(lengths, run) {
  const results = lengths.map((length) => new Float32Array(length));
  run(...results);
  return results;
}

const positive = numbers.map(Math.abs);
/** Images in pieces, and hidden channels in parts. */
const expansions = [
  [2, 30, 31, 40, 70, 24, 5, 1, 0],
  [3, 5, 4, 130, 150, 37, 5, 2, 0],
  [3, 13, 12, 130, 301, 37, 5, 2, Number(addon.halfProducts())],
];
const fused = [
  ...expansions.map(([batch, height, width, inputs, hidden, outputs, size, repeats, half]) => {
    const shape = Int32Array.of(batch, height, width, inputs, hidden, outputs, size, repeats, half);
    return resultsOf([batch * height * width * repeats ** 2 * outputs], (y) =>
      addon.expansion(shape, numbers, ...Array.from({ length: 11 }, (_, i) => numbers.subarray(100 * i)), y),
    );
  }),
  resultsOf([200_000, channels, channels], (dx, dgamma, dbeta) => {
    const norm = [8000, channels, 1e-5, 1];
    const given = [numbers.slice().reverse(), numbers, ones, ones, mean, variance];
    addon.batchNormGradientSums(...norm, ...given, dx, dgamma, dbeta);
    addon.batchNormGradient(...norm, 8000, dx, numbers, ones, mean, variance, dgamma, dbeta, dx);
  }),
  resultsOf([channels, channels], (mean, variance) => {
    const sums = new Float64Array(2 * channels);
    addon.batchSums(8000, channels, 1e-5, 1, numbers, sums);
    addon.batchStatistics(8000, sums, mean, variance);
  }),
  resultsOf([6000], (y) => addon.mixtureLogProb(1, 6000, 7, numbers, positive, y)),
  resultsOf([6000 * 21], (dp) => addon.mixtureLogProbGradient(1, 6000, 7, numbers, positive, numbers, dp)),
  resultsOf([6000], (y) => addon.mixtureMean(1, 6000, 7, numbers, y)),
  resultsOf([2000], (y) => addon.mixtureLogProb(4, 2000, 7, numbers, positive, y)),
  resultsOf([2000 * 70], (dp) => addon.mixtureLogProbGradient(4, 2000, 7, numbers, positive, numbers, dp)),
  resultsOf([1, 1, 900, 900, 200, 200, 180_000], (...results) => {
    const [state, dw] = [results.slice(0, 6), results[6]];
    addon.spectralPenalty(900, 200, 100, 1e-3, numbers, ...state, numbers);
    addon.spectralPenaltyGradient(900, 200, 100, 1e-3, numbers, ...state, numbers, dw);
  }),
  resultsOf([300, 910, 2, 180_000, 1000], (u, v, norms, dw, dw2) => {
    const shapes = Int32Array.of(900, 200, 10, 100);
    addon.spectralNorms(3, 1e-12, shapes, [numbers, positive], numbers, u, v, norms);
    addon.spectralNormsGradient(shapes, numbers, u, v, [dw, dw2]);
  }),
  resultsOf([180_000, 180_000, 200], (w, dv, dg) => {
    addon.weightNorm(900, 200, 1e-12, numbers, positive, w);
    addon.weightNormGradient(900, 200, 1e-12, w, numbers, positive, dv, dg);
  }),
  resultsOf([120, 60, 120, 120_000, 120_000, 1200, 30, 1200, 40], (...results) => {
    const [means, hidden, factors, out, dbranch, ...weights] = results;
    const shape = [3, 1000, 40, 20, 0.1];
    const given = [numbers, numbers, numbers, numbers, numbers, numbers];
    addon.squeezeExcite(...shape, ...given, means, hidden, factors, out);
    addon.squeezeExciteGradient(...shape, ...given, means, hidden, factors, dbranch, ...weights);
  }),
].flat();

// The values are finite, so rounding can be done by adding to their bits.
const expanded = asFloat32(addon, asBfloat16(addon, numbers));
const bits = new Uint32Array(numbers.slice().buffer);
const rounded = bits.map((value) => ((value + 0x7fff + ((value >>> 16) & 1)) >>> 16) << 16);
error = Math.max(error, relativeError(expanded, new Float32Array(rounded.buffer)));
for (const values of [sum, product, y, mean, variance, expanded, ...fused]) hash.update(values);

console.log(
  JSON.stringify({
    simd: addon.simd(),
    threads: addon.threads(),
    error,
    winogradError,
    digest: hash.digest('hex'),
  }),
);
