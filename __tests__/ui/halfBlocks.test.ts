import { describe, expect, test } from '@jest/globals';
import { colourPixels } from '../../src/base/colourPixels.js';
import type { ImageBatch } from '../../src/base/plainData.js';
import { halfBlocks } from '../../src/ui/halfBlocks.js';
import { resampled } from '../../src/ui/resample.js';

function image(
  height: number,
  width: number,
  pixel: (y: number, x: number) => [number, number, number],
): ImageBatch {
  const pixels = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set(pixel(y, x), (y * width + x) * 3);
  }
  return { pixels, shape: [1, height, width, 3] };
}

describe('halfBlocks', () => {
  test('should put two pixels into one character, the upper one in front', () => {
    const [line, ...rest] = halfBlocks(
      image(2, 1, (y) => (y === 0 ? [255, 0, 0] : [0, 0, 255])),
      80,
    );
    expect(line).toBe('\u001b[38;2;255;0;0m\u001b[48;2;0;0;255m▀\u001b[0m');
    expect(rest).toEqual([]);
  });

  test('should leave the lower half of an odd last row empty', () => {
    const lines = halfBlocks(
      image(3, 1, () => [1, 2, 3]),
      80,
    );
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('\u001b[38;2;1;2;3m\u001b[49m▀\u001b[0m');
  });

  test('should average pixels where the image is wider than the terminal', () => {
    const checkerboard = image(4, 4, (y, x) => ((x + y) % 2 ? [200, 200, 200] : [0, 0, 0]));
    const lines = halfBlocks(checkerboard, 2);
    expect(lines).toHaveLength(1);
    expect(lines[0]!.match(/38;2;100;100;100/g)).toHaveLength(2);
  });

  test('should choose the nearest colour where the terminal numbers its colours', () => {
    const two = image(2, 1, (y) => (y === 0 ? [250, 3, 2] : [120, 121, 119]));
    expect(halfBlocks(two, 80, 8)).toEqual(['\u001b[38;5;196m\u001b[48;5;243m▀\u001b[0m']);
    expect(halfBlocks(two, 80, 4)).toEqual(['\u001b[91m\u001b[100m▀\u001b[0m']);
  });
});

describe('halfBlocks of a grey image', () => {
  test.each([24, 8, 4] as const)('should be those of three equal colours, at a depth of %s', (depth) => {
    const pixels = Uint8Array.from({ length: 2 * 5 * 7 }, (_, i) => (i * 53) % 256);
    const grey: ImageBatch = { pixels, shape: [2, 5, 7, 1] };
    const colours: ImageBatch = { pixels: colourPixels(pixels), shape: [2, 5, 7, 3] };
    for (const columns of [3, 7, 20]) {
      expect(halfBlocks(grey, columns, depth)).toEqual(halfBlocks(colours, columns, depth));
    }
    const [line] = halfBlocks({ pixels: Uint8Array.of(9, 200), shape: [1, 2, 1, 1] }, 80);
    expect(line).toBe('\u001b[38;2;9;9;9m\u001b[48;2;200;200;200m▀\u001b[0m');
  });

  test('should be right when it was resampled, as on the cherry screen', () => {
    const pixels = Uint8Array.from({ length: 36 }, (_, i) => i * 7);
    const room = { width: 3, height: 3 };
    const grey = resampled({ pixels, shape: [1, 6, 6, 1] }, room);
    expect(grey.shape).toEqual([1, 3, 3, 1]);
    const colours = resampled({ pixels: colourPixels(pixels), shape: [1, 6, 6, 3] }, room);
    expect(halfBlocks(grey, 3)).toEqual(halfBlocks(colours, 3));
  });
});
