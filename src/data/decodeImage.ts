/** Decodes the bytes of an image file into pixels of the model's size. */
import sharp, { type CreateRaw, type Sharp } from 'sharp';
import { messageOf } from '../base/errors.js';
import { defaultMaxPixels } from '../base/maxPixels.js';
import { processors } from '../base/processors.js';
import { DamagedImageError } from './damagedImageError.js';
import { refusalOf } from './formats.js';
import { readImageFile } from './readImageFile.js';
import { readSamples } from './readSamples.js';
import { tiffSamples } from './tiffSamples.js';
import { type TiffTags, tiffTags } from './tiffTags.js';

// Threads per image: sharp counts the machine's processors, even if a CPU quota or an affinity leaves fewer.
sharp.concurrency(Math.min(sharp.concurrency(), processors().usable));

const largestDrawing = 2 ** 22;
const pngBeginning = '\x89PNG\r\n\x1A\n\0\0\0\rIHDR';

/**
 * Decodes one image to bytes `[size, size, 3]`: upright, transparent parts on white, cropped to the centre.
 * @throws DamagedImageError when it is damaged or its format is not supported
 * @throws UnreadImageError when the system cannot read it
 */
export async function decodeImage(
  path: string | Buffer,
  size: number,
  maxPixels = defaultMaxPixels,
): Promise<Uint8Array> {
  return decodeBytes(await readImageFile(path), size, maxPixels);
}

/**
 * Decodes an image from the bytes of a file. The decoder gets these rather than a path, so that an SVG cannot refer to other files,
 * such as a pipe that never responds.
 * @throws DamagedImageError that says why the image cannot be decoded
 */
export async function decodeBytes(bytes: Buffer, size: number, maxPixels: number): Promise<Uint8Array> {
  checkDrawing(bytes);
  try {
    return await decoded(bytes, size, maxPixels);
  } catch (error) {
    const whole = await withEndMarker(bytes, error, maxPixels);
    if (whole) return pixelsOf(sharp(whole, { failOn: 'error', limitInputPixels: maxPixels }), size);
    throw await plainReason(bytes, error, maxPixels);
  }
}

async function decoded(bytes: Buffer, size: number, maxPixels: number): Promise<Uint8Array> {
  const tags = tiffTags(bytes);
  const layout = tags && tiffSamples(tags);
  if (tags && layout) {
    const { data, ...raw } = await readSamples(bytes, tags, layout, maxPixels);
    return pixelsOf(sharp(data, { raw, limitInputPixels: maxPixels }), size);
  }
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels });
  const pixels = await pixelsOf(image, size, isPngOfSize(bytes, size));
  if (hasWideSamples(bytes, tags) && pixels.every((value) => value === 0)) await checkBlack(image);
  return pixels;
}

/** Samples of 8 bits `[height, width, channels]` as bytes `[size, size, 3]`: the shorter side resized, the longer one cropped. */
export function resizedPixels(samples: Uint8Array, raw: CreateRaw, size: number): Promise<Uint8Array> {
  return pixelsOf(sharp(samples, { raw }), size);
}

async function pixelsOf(image: Sharp, size: number, keepsAlpha = false): Promise<Uint8Array> {
  const { data, info } = await image
    .rotate()
    .flatten(!keepsAlpha && { background: '#ffffff' })
    .resize(size, size, { fit: 'cover', position: 'centre' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (keepsAlpha && info.channels === 4) return onWhite(data);
  if (info.channels !== 3) throw new DamagedImageError(`an image with ${info.channels} bands cannot be read`);
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

/**
 * Whether the bytes begin a PNG of this height and width, of at most 8 bits. It needs no resizing, so its alpha can be
 * removed last, which takes a third of the time: the decoder would draw the background in a separate pipeline.
 */
function isPngOfSize(bytes: Buffer, size: number): boolean {
  if (!isPng(bytes)) return false;
  return bytes.readUInt32BE(16) === size && bytes.readUInt32BE(20) === size && bytes.readUInt8(24) <= 8;
}

function isPng(bytes: Buffer): boolean {
  return bytes.length >= 25 && bytes.toString('latin1', 0, pngBeginning.length) === pngBeginning;
}

/** Red, green and blue of pixels with alpha, blended with white and rounded as the decoder does it. */
export function onWhite(pixels: Uint8Array): Uint8Array {
  const result = new Uint8Array((pixels.length / 4) * 3);
  for (let source = 0, target = 0; source < pixels.length; source += 4, target += 3) {
    const alpha = pixels[source + 3] ?? 0;
    const white = 255 * (255 - alpha);
    result[target] = ((pixels[source] ?? 0) * alpha + white) / 255;
    result[target + 1] = ((pixels[source + 1] ?? 0) * alpha + white) / 255;
    result[target + 2] = ((pixels[source + 2] ?? 0) * alpha + white) / 255;
  }
  return result;
}

function hasWideSamples(bytes: Buffer, tags: TiffTags | null): boolean {
  return isPng(bytes) ? bytes.readUInt8(24) > 8 : tags !== null && tags.bits > 8;
}

/** Labels or depths in 16 bits may be too dark to show in 8 bits. */
async function checkBlack(image: Sharp): Promise<void> {
  const { channels } = await image.stats();
  const most = Math.max(...channels.slice(0, 3).map(({ max }) => max));
  if (most > 0 && most < 256) {
    throw new DamagedImageError(
      `16-bit samples up to ${most} of 65535 would be all black; scale them or convert them to 8 bits`,
    );
  }
}

/** The cost of drawing an SVG is not limited by its size in pixels, nor by its size in bytes if it is compressed. */
function checkDrawing(bytes: Buffer): void {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw new DamagedImageError('compressed with gzip; decompress it first');
  const isDrawing = bytes.toString('latin1', 0, 1000).trimStart().startsWith('<');
  if (isDrawing && bytes.length > largestDrawing) {
    throw new DamagedImageError(`${bytes.length} bytes of SVG, more than ${largestDrawing}`);
  }
}

/**
 * Adds the end marker to a JPEG that lacks only this, as files of some cameras and truncated downloads do. Null for all other files
 * and errors, and if more is missing: then the decoder warns when it decodes at full size.
 */
async function withEndMarker(bytes: Buffer, error: unknown, maxPixels: number): Promise<Buffer | null> {
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isJpeg || !/premature end/i.test(messageOf(error))) return null;
  const whole = Buffer.concat([bytes, Buffer.from([0xff, 0xd9])]);
  const decoding = sharp(whole, { failOn: 'warning', limitInputPixels: maxPixels }).stats();
  return decoding.then(
    () => whole,
    () => null,
  );
}

/** Decoders list every complaint; keeps the first, or replaces it with a clearer one. */
async function plainReason(bytes: Buffer, error: unknown, maxPixels: number): Promise<DamagedImageError> {
  if (error instanceof DamagedImageError) return error;
  const cause = { cause: error };
  const [first = ''] = messageOf(error).trim().split('\n');
  if (bytes.length === 0) return new DamagedImageError('the file is empty', cause);
  if (/exceeds pixel limit/i.test(first)) {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    const limit = `too large: ${width} x ${height} pixels, more than ${maxPixels}`;
    return new DamagedImageError(
      `${limit}; raise max_pixels in training_parameters, or make it smaller`,
      cause,
    );
  }
  const refusal = refusalOf(bytes);
  if (refusal !== null) return new DamagedImageError(refusal, cause);
  if (/unsupported image format/i.test(first))
    return new DamagedImageError('its content is not an image', cause);
  return new DamagedImageError(`truncated or unreadable image: ${first}`, cause);
}
