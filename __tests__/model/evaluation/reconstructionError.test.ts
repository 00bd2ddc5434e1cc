import { expect, test } from '@jest/globals';
import type { ImageBatch } from '../../../src/base/plainData.js';
import { reconstructionError } from '../../../src/model/evaluation/reconstructionError.js';
import { ssim } from '../../../src/model/evaluation/ssim.js';
import { keyedGenerator, uniformValues } from '../../../src/model/random.js';

const noisy = (key: string, size: number, colours: number) =>
  uniformValues(keyedGenerator(1, key, 0), size * size * colours);

/** SSIM by its definition: every window by itself. */
function slowSsim(
  a: Float32Array,
  b: Float32Array,
  size: number,
  { window, colours }: { readonly window: number; readonly colours: number },
): number {
  const half = (window - 1) / 2;
  const weights: number[] = [];
  for (let y = -half; y <= half; y += 1) {
    for (let x = -half; x <= half; x += 1) weights.push(Math.exp(-(x * x + y * y) / (2 * 1.5 ** 2)));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const all: number[] = [];
  for (let colour = 0; colour < colours; colour += 1) {
    for (let y = half; y < size - half; y += 1) {
      for (let x = half; x < size - half; x += 1) {
        const mean = (value: (i: number) => number) =>
          weights.reduce((sum, weight, k) => {
            const [dy, dx] = [Math.floor(k / window) - half, (k % window) - half];
            return sum + (weight / total) * value(((y + dy) * size + x + dx) * colours + colour);
          }, 0);
        const [ma, mb] = [mean((i) => a[i]!), mean((i) => b[i]!)];
        const va = mean((i) => (a[i]! - ma) ** 2);
        const vb = mean((i) => (b[i]! - mb) ** 2);
        const cov = mean((i) => (a[i]! - ma) * (b[i]! - mb));
        const [c1, c2] = [1e-4, 9e-4];
        all.push(((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2)));
      }
    }
  }
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

test.each([
  [16, 11, 3],
  [11, 11, 3],
  [8, 7, 3],
  [16, 11, 1],
  [8, 7, 1],
])('ssim of images of %s pixels should follow its definition', (size, window, colours) => {
  const [a, b] = [noisy('a', size, colours), noisy('b', size, colours)];
  const mixed = a.map((value, i) => 0.6 * value + 0.4 * b[i]!);
  expect(ssim(a, mixed, size, colours)).toBeCloseTo(slowSsim(a, mixed, size, { window, colours }), 10);
  expect(ssim(a, a, size, colours)).toBeCloseTo(1, 12);
  expect(ssim(a, b, size, colours)).toBeLessThan(0.5);
});

test('errors should be those of each image', () => {
  const images: ImageBatch = {
    pixels: Uint8Array.from({ length: 2 * 4 * 4 * 3 }, (_, i) => (i < 48 ? 51 : 255)),
    shape: [2, 4, 4, 3],
  };
  const reconstructions = new Float32Array(96).fill(0.2).fill(0.9, 48);
  const { meanSquaredError, psnr } = reconstructionError(images, reconstructions);
  expect(meanSquaredError[0]).toBeCloseTo(0, 12);
  expect(psnr[0]).toBe(100); // the most that is reported
  expect(meanSquaredError[1]).toBeCloseTo(0.01, 6);
  expect(psnr[1]).toBeCloseTo(20, 4);
});

test('errors of grey images should be those of the same in three equal colours', () => {
  const pixels = Uint8Array.from({ length: 2 * 8 * 8 }, (_, i) => (i * 41) % 256);
  const reconstructions = Float32Array.from(pixels, (value, i) => (0.8 * value) / 255 + 0.1 * (i % 2));
  const three = (values: ArrayLike<number>) =>
    Array.from({ length: 3 * 128 }, (_, i) => values[Math.floor(i / 3)] ?? 0);
  const grey = reconstructionError({ pixels, shape: [2, 8, 8, 1] }, reconstructions);
  const colours: ImageBatch = { pixels: Uint8Array.from(three(pixels)), shape: [2, 8, 8, 3] };
  const expected = reconstructionError(colours, Float32Array.from(three(reconstructions)));
  for (const name of ['meanSquaredError', 'psnr', 'ssim'] as const) {
    expect(grey[name]).toHaveLength(2);
    grey[name].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[name][i] ?? 0, 10);
    });
  }
});
