/** How images of any shape become squares, against slow definitions. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { defaultFit, fitPositions, fits, type ImageFit } from '../../src/config/imageFit.js';
import type { FitPosition, ImageChannels } from '../../src/config/types.js';
import type { DecodeResult } from '../../src/data/dataset.js';
import { coveringFrame } from '../../src/data/fit/frame.js';
import { imageCache } from '../../src/data/imageCache.js';
import { decodedPixels, itemPixels, peekPixels } from '../../src/data/itemPixels.js';
import type { SizedImage } from '../../src/data/sizedImage.js';

const item = { name: 'a', version: '1' };
const datasetOfOne = (result: DecodeResult) => ({ name: 'own', decode: async () => result });

/** The pixels of an image of the size, fitted. */
function fitted(
  result: DecodeResult,
  size: number,
  fit: Partial<ImageFit>,
  { channels = 3, random }: { channels?: ImageChannels; random?: () => number } = {},
): Promise<Uint8Array> {
  const options = { size, channels, fit: { ...defaultFit, ...fit }, random };
  return decodedPixels(datasetOfOne(result), item, options);
}

async function asPng({ width, height, pixels }: SizedImage): Promise<DecodeResult> {
  const channels = (pixels.length / (width * height)) as 1 | 3;
  return { file: await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer() };
}

/** An image of large cells, each of another colour, so that resizing changes no colour except near their borders. */
function cells(columns: number, rows: number, cell: number) {
  const [width, height] = [columns * cell, rows * cell];
  const colourAt = (x: number, y: number) => {
    const index = Math.floor(y / cell) * columns + Math.floor(x / cell);
    return [(index * 67) % 256, (index * 101 + 30) % 256, (index * 29 + 90) % 256];
  };
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) pixels.set(colourAt(x, y), 3 * (y * width + x));
  }
  return { image: { width, height, pixels }, colourAt };
}

/** What lies at the middle of a pixel of the square: a place in the image, or null for the background. */
function sourceOf(
  { fit, fitPosition }: Pick<ImageFit, 'fit' | 'fitPosition'>,
  { width, height }: SizedImage,
  size: number,
): (column: number, row: number) => readonly [x: number, y: number] | null {
  const share = (begin: string, end: string) =>
    fitPosition.includes(begin) ? 0 : fitPosition.includes(end) ? 1 : 0.5;
  const [scaleX, scaleY] = {
    stretch: [size / width, size / height] as const,
    cover: [Math.max(size / width, size / height), Math.max(size / width, size / height)] as const,
    contain: [Math.min(size / width, size / height), Math.min(size / width, size / height)] as const,
  }[fit];
  const left = (size - width * scaleX) * share('left', 'right');
  const top = (size - height * scaleY) * share('top', 'bottom');
  return (column, row) => {
    const [x, y] = [(column + 0.5 - left) / scaleX, (row + 0.5 - top) / scaleY];
    return x < 0 || y < 0 || x >= width || y >= height ? null : [x, y];
  };
}

const positions = fc.constantFrom<FitPosition>(...fitPositions);

test('every pixel should show the place of the image that the fit says', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...fits),
      positions,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 30, max: 60 }),
      fc.boolean(),
      async (fit, fitPosition, columns, rows, size, isFile) => {
        const cell = 48;
        const { image, colourAt } = cells(columns, rows, cell);
        const background = '#102030';
        const pixels = await fitted(isFile ? await asPng(image) : image, size, {
          fit,
          fitPosition,
          background,
        });
        const source = sourceOf({ fit, fitPosition }, image, size);
        // how far the filter reaches, and the rounding of the resized height and width
        const reach = 4 * Math.max(1, image.width / size, image.height / size) + 2;
        const wrong: string[] = [];
        const check = (index: number, expected: readonly number[]) => {
          compared += 1;
          const seen = pixels.subarray(3 * index, 3 * index + 3);
          if (!expected.every((value, i) => value === seen[i]))
            wrong.push(`${index}: ${seen}, not ${expected}`);
        };
        for (let index = 0; index < size * size; index += 1) {
          const [row, column] = [Math.floor(index / size), index % size];
          const corners = [-1, 1].flatMap((down) =>
            [-1, 1].map((right) => source(column + right, row + down)),
          );
          const place = source(column, row);
          if (corners.every((corner) => corner === null)) check(index, [16, 32, 48]);
          else if (place && !corners.includes(null)) {
            const isInside = place.every((at) => at % cell > reach && at % cell < cell - reach);
            if (isInside) check(index, colourAt(...place));
          }
        }
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
  expect(compared).toBeGreaterThan(10_000);
});

describe('without resizing, every value should be exact', () => {
  const seeds = fc.integer({ min: 1, max: 10_000 });
  const valuesOf = (seed: number, length: number) =>
    Uint8Array.from({ length }, (_, i) => (i * i * 7 + i * seed + seed * seed) % 251);

  test('contained: the image in one colour', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        positions,
        fc.constantFrom<ImageChannels>(1, 3),
        seeds,
        async (size, less, isTall, fitPosition, channels, seed) => {
          const short = Math.max(1, size - less);
          const [width, height] = isTall ? [short, size] : [size, short];
          const pixels = valuesOf(seed, width * height * channels);
          const fit = { fit: 'contain', fitPosition, background: '#c86432' } as const;
          const square = await fitted({ width, height, pixels }, size, fit);
          const source = sourceOf(fit, { width, height, pixels }, size);
          const at = (place: number) =>
            channels === 1 ? [place, place, place] : [3 * place, 3 * place + 1, 3 * place + 2];
          // an odd rest is one pixel more on the left and at the top
          const odd = (rest: number, begin: string, end: string) =>
            rest % 2 === 1 && !fitPosition.includes(begin) && !fitPosition.includes(end) ? 0.5 : 0;
          const expected = Array.from({ length: size * size }, (_, i) => {
            const column = (i % size) - odd(size - width, 'left', 'right');
            const row = Math.floor(i / size) - odd(size - height, 'top', 'bottom');
            const place = source(column, row);
            return place
              ? at(Math.floor(place[1]) * width + Math.floor(place[0])).map((index) => pixels[index])
              : [200, 100, 50];
          });
          expect([...square]).toEqual(expected.flat());
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a random crop: a square of the image, anywhere in it', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        fc.boolean(),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        seeds,
        async (size, margin, more, isTall, isFile, right, down, seed) => {
          const side = size + margin;
          const long = Math.min(side + more, 4 * side);
          const [width, height] = isTall ? [side, long] : [long, side];
          const pixels = valuesOf(seed, 3 * width * height);
          const image = { width, height, pixels };
          const draws = [right, down];
          const random = () => draws.shift() as number;
          const result = isFile ? await asPng(image) : image;
          const square = await fitted(result, size, { randomCrop: side / size }, { random });
          const left = Math.floor(right * (width - size + 1));
          const top = Math.floor(down * (height - size + 1));
          seen.add(`${left} ${top}`);
          const expected = Array.from({ length: size * size * 3 }, (_, i) => {
            const [row, column] = [Math.floor(i / (3 * size)), Math.floor(i / 3) % size];
            return pixels[3 * ((top + row) * width + left + column) + (i % 3)];
          });
          expect([...square]).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
    expect(seen.size).toBeGreaterThan(1);
  });

  test.each(fitPositions.map((position) => [position] as const))(
    'a crop without random numbers: at %s',
    async (fitPosition) => {
      const { image } = cells(7, 5, 1);
      const square = await fitted(image, 3, { randomCrop: 5 / 3, fitPosition });
      const place = (begin: string, end: string, most: number) =>
        fitPosition.includes(begin) ? 0 : fitPosition.includes(end) ? most : most / 2;
      const [left, top] = [place('left', 'right', 4), place('top', 'bottom', 2)];
      const first = 3 * (top * 7 + left);
      expect([...square.subarray(0, 9)]).toEqual([...image.pixels.subarray(first, first + 9)]);
    },
  );
});

describe('the background', () => {
  const [red, green, blue] = [200, 100, 50];
  const background = '#C86432';
  const alphas = [0, 1, 64, 128, 200, 255];
  const blended = (value: number, alpha: number, behind: number) =>
    Math.floor((value * alpha + behind * (255 - alpha)) / 255);

  test.each([
    ['red, green, blue and alpha', 4],
    ['grey and alpha', 2],
  ] as const)('should be behind the transparent parts of %s', async (_, channels) => {
    const data = Buffer.from(
      alphas.flatMap((alpha) => (channels === 4 ? [250, 90, 10, alpha] : [90, alpha])),
    );
    const image = sharp(data, { raw: { width: alphas.length, height: 1, channels } });
    const space = channels === 2 ? image.toColourspace('b-w') : image;
    const file = await space.png().toBuffer();
    const expected = alphas.map((alpha) => [
      blended(channels === 4 ? 250 : 90, alpha, red),
      blended(90, alpha, green),
      blended(channels === 4 ? 10 : 90, alpha, blue),
    ]);
    const pixels = await fitted({ file }, 6, { fit: 'contain', fitPosition: 'top', background });
    expect([...pixels.subarray(0, 18)]).toEqual(expected.flat());
    expect([...pixels.subarray(18, 21)]).toEqual([red, green, blue]);
    // a model of grey images gets its luma
    const grey = await fitted({ file }, 6, { fit: 'contain', background }, { channels: 1 });
    expect(grey[0]).toBe(Math.round(0.299 * red + 0.587 * green + 0.114 * blue));
  });

  test.each([
    ['8 bits', { depth: 'uchar', values: Uint8Array }, 255],
    ['16 bits', { depth: 'ushort', values: Uint16Array }, 65535],
  ] as const)('should be its colour around grey images of %s, too', async (_, { depth, values }, white) => {
    const data = values.from([white, 0, white, 0]);
    const raw = { width: 4, height: 1, channels: 1, depth } as const;
    const space = depth === 'ushort' ? 'grey16' : 'b-w';
    const file = await sharp(data, { raw }).toColourspace(space).png().toBuffer();
    const pixels = await fitted({ file }, 4, { fit: 'contain', fitPosition: 'bottom', background });
    expect([...pixels.subarray(0, 6)]).toEqual([red, green, blue, red, green, blue]);
    expect([...pixels.subarray(36)]).toEqual([255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0]);
  });
});

describe('frames of random crops', () => {
  test('should be turned upright before they are measured', async () => {
    const { image } = cells(3, 6, 1);
    const { width, height, pixels } = image;
    // stored lying down
    const stored = sharp(pixels, { raw: { width, height, channels: 3 } }).rotate(270);
    const file = await stored.withMetadata({ orientation: 6 }).png().toBuffer();
    const bottom = await fitted({ file }, 3, { randomCrop: 1, fitPosition: 'bottom' });
    expect([...bottom]).toEqual([...pixels.subarray(27)]);
  });

  test('should be no longer than four times their shorter side', async () => {
    expect(coveringFrame(1, 1_000_000, 40)).toEqual({ width: 40, height: 160 });
    expect(coveringFrame(300, 200, 40)).toEqual({ width: 60, height: 40 });
    const file = await sharp({ create: { width: 3000, height: 2, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const pixels = await fitted({ file }, 8, { randomCrop: 1.5 }, { random: () => 0.9999 });
    expect(pixels.every((value, i) => value === [0x12, 0x34, 0x56][i % 3])).toBe(true);
  });

  test('should be cached whole, so that every epoch takes another crop of what was decoded once', async () => {
    for (const memoryLimit of [2 ** 20, 0]) {
      const cache = imageCache({ memoryLimit });
      let decoded = 0;
      const { image } = cells(9, 5, 1);
      const dataset = {
        name: 'own',
        decode: async () => {
          decoded += 1;
          return image;
        },
      };
      const options = { size: 4, channels: 3, fit: { ...defaultFit, randomCrop: 1.25 }, cache } as const;
      const crops = new Set<string>();
      for (const draw of [0, 0.3, 0.6, 0.9]) {
        const asked = { ...options, random: () => draw };
        const pixels = await itemPixels(dataset, item, asked);
        crops.add(String(pixels));
        expect(peekPixels(dataset, item, asked)).toEqual(memoryLimit === 0 ? null : pixels);
      }
      expect([crops.size, decoded]).toEqual([4, 1]);
      // another fit is another entry
      for (const fit of [defaultFit, { ...defaultFit, fit: 'contain' } as const]) {
        const square = await itemPixels(dataset, item, { ...options, fit });
        expect(square).toHaveLength(48);
      }
      expect(decoded).toBe(3);
      await cache.close();
    }
  });
});

describe('a dataset that makes squares itself', () => {
  const squares = (fit: Partial<ImageFit>) => {
    const decode = async (_: unknown, size: number) => new Uint8Array(3 * size * size).fill(size);
    return decodedPixels({ name: 'own', decode }, item, {
      size: 4,
      channels: 3,
      fit: { ...defaultFit, ...fit },
    });
  };

  test('should be asked for larger ones when crops are random', async () => {
    expect(await squares({ randomCrop: 1.5 })).toEqual(new Uint8Array(48).fill(6));
  });

  test.each<[string, Partial<ImageFit>]>([
    ['fit', { fit: 'contain' }],
    ['fitPosition', { fitPosition: 'top' }],
    ['background', { background: '#000000' }],
  ])('should be refused where %s is set', async (_, fit) => {
    await expect(squares(fit)).rejects.toThrow(
      /^own: the result of decode\(\) is a square that cannot be fitted/,
    );
  });
});

test.each<[string, unknown, string]>([
  ['too few values', { width: 2, height: 2, pixels: new Uint8Array(11) }, 'got 11 values for 2 x 2'],
  ['no size', { width: 0, height: 2, pixels: new Uint8Array(0) }, 'got 0 values for 0 x 2'],
  ['no bytes', { width: 1, height: 1, pixels: [1] }, 'got [1] for 1 x 1'],
])('an image of its own size should be refused with %s', async (_, result, got) => {
  const expected =
    'own: the result of decode() must have width * height * 3 values, or width * height for grey';
  await expect(fitted(result as DecodeResult, 2, {})).rejects.toThrow(`${expected}, ${got} for "a"`);
});
