/** Reads samples that the decoder would misread as numbers, and maps them to bytes according to the file's tags. */
import sharp from 'sharp';
import { DamagedImageError } from './damagedImageError.js';
import type { SampleLayout } from './tiffSamples.js';
import type { TiffTags } from './tiffTags.js';

/** An image of 8 bits per sample, ready for further processing by the decoder. */
export interface PlainPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}

type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;

/** Limit of samples in memory, 4 bytes each at most; these files are read completely. */
const mostSamples = 2 ** 28;
/** How far resizing may exceed the range from 0 to 1: less than half a step of 8 bits. */
const tolerance = 1 / 512;

const views = {
  unsigned: { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array },
  signed: { 8: Int8Array, 16: Int16Array, 32: Int32Array },
  float: { 32: Float32Array },
} as const;

/** @throws DamagedImageError that names the pixel format if the values cannot be mapped to colours */
export async function readSamples(
  bytes: Buffer,
  tags: TiffTags,
  layout: SampleLayout,
  maxPixels: number,
): Promise<PlainPixels> {
  const { name, kind, bits } = layout;
  const image = sharp(unsigned(bytes, tags), { failOn: 'error', limitInputPixels: maxPixels });
  const { width, height, channels: bands, space = 'srgb' } = await image.metadata();
  if (width * height * bands > mostSamples) {
    throw new DamagedImageError(
      `too large: ${width} x ${height} pixels of ${name}; make it smaller or convert it`,
    );
  }
  const depth = kind === 'float' ? 'float' : bits === 8 ? 'uchar' : bits === 16 ? 'ushort' : 'uint';
  const { data, info } = await image
    .rotate()
    .pipelineColourspace(space)
    .toColourspace(space)
    .raw({ depth })
    .toBuffer({ resolveWithObject: true });
  const View = (views[kind] as Readonly<Record<number, new (from: ArrayBufferLike) => Samples>>)[bits];
  if (!View) throw new Error(`internal: ${name} is read as numbers`);
  const samples = new View(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  return { ...mapped(samples, info.channels, layout), width: info.width, height: info.height };
}

/**
 * The same file with its signed numbers declared as unsigned, with the same bits. The decoder would clamp negative ones to 0, so
 * they could not be detected.
 */
function unsigned(bytes: Buffer, { sampleFormat, sampleFormatPlaces, littleEndian }: TiffTags): Buffer {
  if (sampleFormat !== 2) return bytes;
  const copy = Buffer.from(bytes);
  for (const place of sampleFormatPlaces) {
    if (littleEndian) copy.writeUInt16LE(1, place);
    else copy.writeUInt16BE(1, place);
  }
  return copy;
}

function mapped(
  samples: Samples,
  bands: number,
  layout: SampleLayout,
): Pick<PlainPixels, 'data' | 'channels'> {
  const { colours, alpha } = layout;
  const channels = (alpha === null ? colours : colours + 1) as PlainPixels['channels'];
  const pixels = samples.length / bands;
  checkRange(samples, bands, layout);
  const scale = 255 / layout.white;
  // A clamped array rounds, and clamps to 0 and 255.
  const data = new Uint8ClampedArray(pixels * channels);
  let brightest = 0;
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const band = channel < colours ? channel : (alpha ?? 0);
      const at = pixel * channels + channel;
      data[at] = (samples[pixel * bands + band] as number) * scale;
      if (channel < colours) brightest = Math.max(brightest, data[at] as number);
    }
  }
  if (brightest === 0) checkBlack(samples, bands, layout);
  return { data: new Uint8Array(data.buffer), channels };
}

/** Floats must range from 0 (black) to 1 (white), signed integers from 0 to their largest value; there is no other convention. */
function checkRange(samples: Samples, bands: number, { name, kind, colours }: SampleLayout): void {
  if (kind === 'unsigned') return;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < samples.length; i += 1) {
    if (i % bands >= colours) continue;
    const value = samples[i] as number;
    if (Number.isNaN(value)) throw new DamagedImageError(`${name} with NaN samples cannot be read`);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const range = `${round(least)} to ${round(most)}`;
  const remedy = 'convert it to 8 or 16 bits';
  if (kind === 'signed' && least < 0)
    throw new DamagedImageError(`${name} with negative samples (${range}) cannot be read; ${remedy}`);
  if (kind === 'float' && (least < -tolerance || most > 1 + tolerance)) {
    throw new DamagedImageError(
      `${name} with samples from ${range} cannot be read (0 to 1 is expected); ${remedy}`,
    );
  }
}

/** Small numbers in a large range, such as labels or depths, would appear all black. */
function checkBlack(samples: Samples, bands: number, { name, colours, white }: SampleLayout): void {
  let most = 0;
  for (let i = 0; i < samples.length; i += 1) {
    if (i % bands < colours) most = Math.max(most, samples[i] as number);
  }
  if (most > 0) {
    throw new DamagedImageError(
      `${name} with samples up to ${round(most)} of ${white} would be all black; scale them`,
    );
  }
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
