import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { pngHeader, pngOf } from '../../scripts/fuzz/imageBytes.js';
import { defaultMaxPixels } from '../../src/base/maxPixels.js';
import { DamagedImageError } from '../../src/data/damagedImageError.js';
import { decodeBytes } from '../../src/data/decodeImage.js';
import { png } from '../support/pictures.js';
import { type TiffKind, tiff } from '../support/tiff.js';

const size = 4;
const decode = async (bytes: Buffer, maxPixels = defaultMaxPixels) =>
  (await decodeBytes(bytes, { size }, maxPixels)).pixels;
/** The colour of the pixel in the middle. */
const colour = async (bytes: Buffer) => [...(await decode(bytes)).subarray(30, 33)];
const refusal = async (bytes: Buffer, maxPixels?: number) => {
  const error: unknown = await decode(bytes, maxPixels).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DamagedImageError);
  return (error as DamagedImageError).message;
};
const half = 2 ** 31;

describe('decodeBytes of a TIFF', () => {
  test.each<[string, TiffKind, number[]]>([
    ['8-bit grey', { pixel: [128], bits: 8 }, [128, 128, 128]],
    ['16-bit colour', { pixel: [65535, 32768, 0], bits: 16 }, [255, 128, 0]],
    ['32-bit grey', { pixel: [half], bits: 32 }, [128, 128, 128]],
    ['32-bit colour', { pixel: [half, 2 ** 32 - 1, 0], bits: 32 }, [128, 255, 0]],
    ['signed 8-bit grey', { pixel: [64], bits: 8, format: 2 }, [129, 129, 129]],
    ['signed 16-bit grey', { pixel: [16384], bits: 16, format: 2 }, [128, 128, 128]],
    ['signed 16-bit, big-endian', { pixel: [16384], bits: 16, format: 2, bigEndian: true }, [128, 128, 128]],
    ['signed 16-bit colour', { pixel: [16384, 32767, 0], bits: 16, format: 2 }, [128, 255, 0]],
    ['signed 32-bit grey', { pixel: [2 ** 30], bits: 32, format: 2 }, [128, 128, 128]],
    ['grey floats', { pixel: [0.5], bits: 32, format: 3 }, [128, 128, 128]],
    ['colour floats', { pixel: [1, 0.5, 0], bits: 32, format: 3 }, [255, 128, 0]],
    ['floats, big-endian', { pixel: [0.5], bits: 32, format: 3, bigEndian: true }, [128, 128, 128]],
    ['floats with alpha', { pixel: [1, 0, 0, 0.5], bits: 32, format: 3, extra: [2] }, [255, 127, 127]],
    ['a fourth band that is no alpha', { pixel: [255, 128, 0, 20], bits: 8, extra: [0] }, [255, 128, 0]],
    ['the same in 16 bits', { pixel: [65535, 32768, 0, 99], bits: 16, extra: [0] }, [255, 128, 0]],
    ['two more bands', { pixel: [255, 128, 0, 20, 9], bits: 8, extra: [0, 0] }, [255, 128, 0]],
    ['alpha and another band', { pixel: [255, 0, 0, 128, 9], bits: 8, extra: [2, 0] }, [255, 127, 127]],
    ['alpha', { pixel: [255, 0, 0, 128], bits: 8, extra: [2] }, [255, 127, 127]],
    ['alpha of which the file says nothing', { pixel: [255, 0, 0, 128], bits: 8 }, [255, 127, 127]],
    ['alpha that is multiplied in', { pixel: [128, 0, 0, 128], bits: 8, extra: [1] }, [255, 127, 127]],
    ['grey and another band', { pixel: [128, 20], bits: 8, extra: [0] }, [128, 128, 128]],
    ['grey of which zero is white', { pixel: [100], bits: 8, photometric: 0 }, [155, 155, 155]],
    ['the same in 32 bits', { pixel: [2 ** 30], bits: 32, photometric: 0 }, [191, 191, 191]],
    ['CMYK', { pixel: [0, 0, 0, 0], bits: 8, photometric: 5 }, [255, 255, 255]],
    ['CIELab of 16 bits', { pixel: [65535, 0, 0], bits: 16, photometric: 8 }, [255, 255, 255]],
    ['black in 32 bits', { pixel: [0], bits: 32 }, [0, 0, 0]],
  ])('should read %s', async (_, kind, expected) => {
    expect(await colour(tiff(kind))).toEqual(expected);
  });

  test.each<[TiffKind, string]>([
    [{ pixel: [128], bits: 32, format: 3 }, '32-bit floating-point grey with samples from 128 to 128'],
    [{ pixel: [-0.5], bits: 32, format: 3 }, '32-bit floating-point grey with samples from -0.5 to -0.5'],
    [{ pixel: [Number.NaN], bits: 32, format: 3 }, 'with NaN samples cannot be read'],
    [{ pixel: [0, 255, 1], bits: 32, format: 3 }, '32-bit floating-point RGB with samples from 0 to 255'],
    [{ pixel: [-100], bits: 16, format: 2 }, '16-bit signed integer grey with negative samples'],
    [
      { pixel: [200], bits: 32 },
      '32-bit integer grey with samples up to 200 of 4294967295 would be all black',
    ],
    [{ pixel: [200], bits: 16 }, '16-bit samples up to 200 of 65535 would be all black'],
    [
      { pixel: [1, 2, 3, 4, 5], bits: 8, photometric: 1 },
      '8-bit integer grey and 4 more bands cannot be read',
    ],
    [{ pixel: [9, 9, 9], bits: 8, photometric: 8 }, '8-bit integer CIELab cannot be read; convert it'],
    [
      { pixel: [124, 86, 182], bits: 8, photometric: 6 },
      '8-bit integer YCbCr without JPEG compression cannot be read',
    ],
    [{ pixel: [9], bits: 8, photometric: 32803 }, 'raw sensor data cannot be read'],
    [{ pixel: [1, 2, 3, 4, 5], bits: 8, photometric: 5, extra: [0] }, 'CMYK and 1 more band cannot be read'],
    [{ pixel: [9], bits: 12 }, '12-bit integer grey cannot be read'],
    [{ pixel: [9], bits: 8, format: 5 }, '8-bit complex integer grey cannot be read'],
  ])('should refuse %j by name', async (kind, expected) => {
    expect(await refusal(tiff(kind))).toContain(expected);
  });

  test('should turn one upright whose samples it maps', async () => {
    const bytes = tiff({ pixel: [0.25], bits: 32, format: 3, size: 4 });
    for (let y = 0; y < 4; y += 1) for (let x = 0; x < 2; x += 1) bytes.writeFloatLE(1, 8 + 4 * (4 * y + x));
    const count = bytes.readUInt16LE(bytes.readUInt32LE(4));
    // Its planar configuration, which may be left out, becomes orientation 6: the left is the top.
    const entry = bytes.readUInt32LE(4) + 2 + 12 * (count - 2);
    expect(bytes.readUInt16LE(entry)).toBe(284);
    bytes.writeUInt16LE(274, entry);
    bytes.writeUInt16LE(6, entry + 8);
    const pixels = await decode(bytes);
    expect([...pixels.subarray(0, 24)]).toEqual(Array(24).fill(255));
    expect([...pixels.subarray(24)]).toEqual(Array(24).fill(64));
  });

  test('should not believe a directory that lies outside of the file', async () => {
    const bytes = tiff({ pixel: [0.5], bits: 32, format: 3 });
    bytes.writeUInt32LE(0xfffffff0, 4);
    expect(await refusal(bytes)).toMatch(/unreadable image|not an image/);
  });
});

describe('decodeBytes of a JPEG', () => {
  const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 251));
  const jpeg = (progressive: boolean) =>
    sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg({ progressive })
      .toBuffer();

  test.each([false, true])(
    'should read one that lacks only its end marker, progressive: %s',
    async (progressive) => {
      const whole = await jpeg(progressive);
      expect(whole.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]));
      expect(await decode(whole.subarray(0, -2))).toEqual(await decode(whole));
    },
  );

  test('should refuse one that lacks more', async () => {
    const whole = await jpeg(false);
    for (const length of [whole.length - 12, whole.length - 30, whole.length / 2, 700]) {
      expect(await refusal(whole.subarray(0, length))).toContain('truncated or unreadable image');
    }
  });

  test('should read CMYK as the colours that it stands for', async () => {
    const cmyk = await sharp(await png(250, 130, 10))
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    const [red = 0, green = 0, blue = 0] = await colour(cmyk);
    expect(red).toBeGreaterThan(220);
    expect(Math.abs(green - 130)).toBeLessThan(20);
    expect(blue).toBeLessThan(60);
  });
});

describe('decodeBytes of anything else', () => {
  test('should read the first of several pictures, and extreme shapes', async () => {
    const frames = Buffer.alloc(2 * 8 * 8 * 3).fill(200, 0, 8 * 8 * 3);
    const raw = { width: 8, height: 16, channels: 3, pageHeight: 8 } as const;
    expect(await colour(await sharp(frames, { raw }).gif().toBuffer())).toEqual([200, 200, 200]);
    expect(await colour(await sharp(frames, { raw }).webp({ lossless: true }).toBuffer())).toEqual([
      200, 200, 200,
    ]);
    for (const [width, height] of [
      [1, 1],
      [1, 5000],
      [5000, 1],
    ]) {
      expect(await colour(await png(9, 99, 199, width, height))).toEqual([9, 99, 199]);
    }
  });

  test('should go by the content, whatever a file is called, and name what it is', async () => {
    const isobmff = (brand: string) =>
      Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0${' '.repeat(64)}`, 'latin1');
    const remedy = 'cannot be read here; convert it to PNG or JPEG';
    expect(await refusal(Buffer.from('BM????\0\0\0\0????????????????'))).toBe(`BMP ${remedy}`);
    expect(await refusal(Buffer.from('P6 1 1 255\n...'))).toBe(`PPM ${remedy}`);
    expect(await refusal(isobmff('heic'))).toBe(`HEIC ${remedy}`);
    expect(await refusal(isobmff('isom'))).toBe('not an image, but a file of type video');
    expect(await refusal(Buffer.from('version https://git-lfs.github.com/spec/v1'))).toContain(
      'Git LFS pointer',
    );
    expect(await refusal(Buffer.from('8BPS'))).toBe(`Photoshop ${remedy}`);
    expect(await refusal(Buffer.from('not so'))).toBe('its content is not an image');
    expect(await refusal(Buffer.alloc(0))).toBe('the file is empty');
    expect(await refusal(Buffer.alloc(1000))).toBe('its content is not an image');
  });

  test('should refuse 16 bits of which 8 show nothing', async () => {
    const rows = Buffer.alloc(8 * 17);
    for (let i = 0; i < rows.length; i += 1) rows[i] = i % 17 > 0 && (i % 17) % 2 === 0 ? 90 : 0;
    const dark = pngOf(pngHeader({ width: 8, height: 8, bitDepth: 16, colourType: 0 }), rows);
    expect(await refusal(dark)).toContain('16-bit samples up to 90 of 65535 would be all black');
    const black = pngOf(
      pngHeader({ width: 8, height: 8, bitDepth: 16, colourType: 0 }),
      Buffer.alloc(8 * 17),
    );
    expect(await colour(black)).toEqual([0, 0, 0]);
  });

  test('should read as many pixels as sharp, and say what to do about more', async () => {
    // 12000 x 9000, as a phone of 108 megapixels: rows of one bit each.
    const rows = Buffer.alloc(9000 * 1501);
    expect(deflateSync(rows).length).toBeLessThan(50_000);
    const large = pngOf(pngHeader({ width: 12_000, height: 9000, bitDepth: 1, colourType: 0 }), rows);
    expect(await colour(large)).toEqual([0, 0, 0]);
    expect(await refusal(large, 1e8)).toBe(
      'too large: 12000 x 9000 pixels, more than 100000000; raise max_pixels in training_parameters, or make it smaller',
    );
    expect(defaultMaxPixels).toBe(268_402_689);
  });
});
