import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grid } from '../../src/base/grid.js';
import type { ImageBatch } from '../../src/base/plainData.js';

const some = (most: number) => fc.integer({ min: 1, max: most });

test('grid should have every value of every image at its place, and black elsewhere, in grey and in colour', () => {
  const given = fc.record({
    count: some(7),
    height: some(4),
    width: some(4),
    channels: fc.constantFrom<1 | 3>(1, 3),
    columns: fc.option(some(9), { nil: undefined }),
  });
  fc.assert(
    fc.property(given, ({ count, height, width, channels, columns }) => {
      const pixels = Uint8Array.from(
        { length: count * height * width * channels },
        (_, i) => 1 + ((i * 89) % 255),
      );
      const batch: ImageBatch = { pixels, shape: [count, height, width, channels] };
      const picture = grid(batch, columns);
      const across = columns ?? Math.ceil(Math.sqrt(count));
      const down = Math.ceil(count / across);
      expect(picture.shape).toEqual([1, down * height, across * width, channels]);
      expect(picture.pixels).toHaveLength(down * height * across * width * channels);
      picture.pixels.forEach((value, at) => {
        const [place, channel] = [Math.floor(at / channels), at % channels];
        const [y, x] = [Math.floor(place / (across * width)), place % (across * width)];
        const image = Math.floor(y / height) * across + Math.floor(x / width);
        const source = ((image * height + (y % height)) * width + (x % width)) * channels + channel;
        expect(value).toBe(image < count ? pixels[source] : 0);
      });
    }),
  );
});
