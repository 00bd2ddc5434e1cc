import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { colourPixels } from '../../../src/base/colourPixels.js';
import type { ImageBatch } from '../../../src/base/plainData.js';
import { type Bitmap, isBitmap, sharpOf, terminalPicture } from '../../../src/ui/pictures/bitmap.js';
import { itermPicture } from '../../../src/ui/pictures/iterm.js';
import { kittyDeletion, kittyPicture } from '../../../src/ui/pictures/kitty.js';
import {
  noPictures,
  type PictureSupport,
  trueColourBlocks,
} from '../../../src/ui/pictures/pictureSupport.js';
import { quantise } from '../../../src/ui/pictures/quantise.js';
import { readSixels } from '../../support/sixels.js';

const noise = (width: number, height: number): ImageBatch => ({
  pixels: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 251),
  shape: [1, height, width, 3],
});
const cell = { width: 7, height: 13 };
const supportOf = (kind: PictureSupport['kind']): PictureSupport => ({ ...trueColourBlocks, kind, cell });

async function bitmapOf(
  image: ImageBatch,
  space: { columns: number; rows: number },
  kind: PictureSupport['kind'],
) {
  const [, height, width] = image.shape;
  const picture = await terminalPicture(sharpOf(image), { width, height }, space, supportOf(kind));
  if (!isBitmap(picture)) throw new Error('expected a bitmap, got lines');
  return picture;
}

/** What a terminal makes of it: the parameters of the first piece, and all that is in the pieces. */
function readKitty(text: string) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is framed by
  const pieces = [...text.matchAll(/\u001b_G([^;\u001b]*);([^\u001b]*)\u001b\\/g)];
  expect(pieces.map(([piece]) => piece).join('')).toBe(text);
  const parameters = pieces.map(([, settings]) =>
    Object.fromEntries(settings!.split(',').map((each) => each.split('='))),
  );
  expect(parameters.map(({ m }) => m)).toEqual(pieces.map((_, i) => (i < pieces.length - 1 ? '1' : '0')));
  for (const [, , data] of pieces) expect(data!.length).toBeLessThanOrEqual(4096);
  for (const [, , data] of pieces.slice(0, -1)) expect(data!.length % 4).toBe(0);
  return { parameters, data: Buffer.from(pieces.map(([, , data]) => data).join(''), 'base64') };
}

describe('kittyPicture', () => {
  test('should say in pieces what it was given, and let nothing be answered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (length) => {
        const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 31) % 256));
        const { parameters, data } = readKitty(kittyPicture(bytes, { columns: 3, rows: 2, id: 7 }));
        expect(data.equals(bytes)).toBe(true);
        // 4096 characters are 3072 bytes.
        expect(parameters).toHaveLength(Math.ceil(length / 3072));
        expect(parameters[0]).toMatchObject({ a: 'T', f: '100', c: '3', r: '2', i: '7', C: '1', q: '2' });
        for (const later of parameters.slice(1)) expect(Object.keys(later).sort()).toEqual(['m', 'q']);
      }),
    );
  });

  test('should let the cursor go on behind a picture that is printed', () => {
    const { parameters } = readKitty(kittyPicture(Buffer.from('png'), { columns: 3, rows: 2 }));
    expect(Object.keys(parameters[0]!)).toEqual(['a', 'f', 'c', 'r', 'q', 'm']);
  });

  test('should take a picture and its memory away', () => {
    expect(kittyDeletion(7)).toBe('\u001b_Ga=d,d=I,i=7,q=2\u001b\\');
  });
});

describe('itermPicture', () => {
  test('should say how large it is in cells and in bytes', () => {
    expect(itermPicture(Buffer.from('png'), { columns: 3, rows: 2, still: true })).toBe(
      '\u001b]1337;File=inline=1;size=3;width=3;height=2;preserveAspectRatio=1;doNotMoveCursor=1:cG5n\u0007',
    );
  });
});

describe('terminalPicture', () => {
  test.each(['kitty', 'iterm'] as const)(
    'should send the pixels to %s, filled up to whole cells',
    async (kind) => {
      const image = noise(23, 17);
      const { columns, rows, draw } = await bitmapOf(image, { columns: 4, rows: 2 }, kind);
      expect([columns, rows]).toEqual([4, 2]);
      const text = draw(7);
      const png =
        kind === 'kitty' ? readKitty(text).data : Buffer.from(text.split(':')[1]!.slice(0, -1), 'base64');
      const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([4 * cell.width, 2 * cell.height, 4]);
      const alphas = Array.from({ length: info.width }, (_, x) => data[4 * x + 3]);
      const shown = alphas.indexOf(0) < 0 ? info.width : alphas.indexOf(0);
      expect(shown).toBeGreaterThan(3 * cell.width);
    },
  );

  test('should leave the pixels as they are where they fit exactly', async () => {
    const image = noise(4 * cell.width, 2 * cell.height);
    const { draw } = await bitmapOf(image, { columns: 4, rows: 2 }, 'kitty');
    const data = await sharp(readKitty(draw(7)).data)
      .removeAlpha()
      .raw()
      .toBuffer();
    expect([...data]).toEqual([...image.pixels]);
  });

  test('should keep sixels, with their last band, within their cells', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(size, size, size, size, async (width, height, columns, rows) => {
        const bitmap: Bitmap = await bitmapOf(noise(width, height), { columns, rows }, 'sixel');
        const drawn = readSixels(bitmap.draw());
        expect(drawn.pixels.every((value) => value >= 0)).toBe(true);
        expect(bitmap.columns).toBeLessThanOrEqual(columns);
        expect(bitmap.rows).toBeLessThanOrEqual(rows);
        expect(6 * Math.ceil(drawn.height / 6)).toBeLessThanOrEqual(rows * cell.height);
        expect(drawn.width).toBeLessThanOrEqual(columns * cell.width);
      }),
      { numRuns: 40 },
    );
  });

  test.each(['kitty', 'iterm', 'sixel', 'blocks'] as const)(
    'should show a grey image on %s like one of three equal colours',
    async (kind) => {
      const pixels = Uint8Array.from({ length: 16 * 20 }, (_, i) => (i * 53) % 256);
      const grey: ImageBatch = { pixels, shape: [1, 16, 20, 1] };
      const colours: ImageBatch = { pixels: colourPixels(pixels), shape: [1, 16, 20, 3] };
      for (const space of [
        { columns: 4, rows: 2 },
        { columns: 2, rows: 1 },
      ]) {
        const [one, other] = await Promise.all(
          [grey, colours].map(async (image) => {
            const size = { width: 20, height: 16 };
            const picture = await terminalPicture(sharpOf(image), size, space, supportOf(kind));
            return isBitmap(picture) ? picture.draw() : picture;
          }),
        );
        expect(one?.length).toBeGreaterThan(0);
        expect(one).toEqual(other);
      }
      expect(quantise(grey, 16)).toEqual(quantise(colours, 16));
    },
  );

  test('should make text where the terminal shows no pixels, and nothing where it shall show none', async () => {
    const image = noise(8, 8);
    const size = { width: 8, height: 8 };
    const space = { columns: 8, rows: 4 };
    const lines = await terminalPicture(sharpOf(image), size, space, { ...trueColourBlocks, depth: 8 });
    expect(lines).toHaveLength(4);
    expect((lines as string[])[0]).toMatch(/38;5;\d+m/);
    expect(await terminalPicture(sharpOf(image), size, space, noPictures)).toEqual([]);
  });
});
