/** Decodes the bytes of an image file into pixels of the model's size. */
import sharp, { type ResizeOptions, type Sharp } from 'sharp';
import { messageOf } from '../base/errors.js';
import { defaultMaxPixels } from '../base/maxPixels.js';
import { processors } from '../base/processors.js';
import { defaultFit, type ImageFit } from '../config/imageFit.js';
import type { FitPosition } from '../config/types.js';
import { DamagedImageError } from './damagedImageError.js';
import { coveringFrame, frameSide, paddedTo } from './fit/frame.js';
import { refusalOf } from './formats.js';
import { readSamples } from './readSamples.js';
import type { SizedImage } from './sizedImage.js';
import { tiffSamples } from './tiffSamples.js';
import { type TiffTags, tiffTags } from './tiffTags.js';

// Threads per image: sharp counts the machine's processors, even if a CPU quota or an affinity leaves fewer.
sharp.concurrency(Math.min(sharp.concurrency(), processors().usable));

const largestDrawing = 2 ** 22;
const pngBeginning = '\x89PNG\r\n\x1A\n\0\0\0\rIHDR';

/** What an image becomes. */
export interface FrameOptions {
  /** Height and width of the model's images. */
  readonly size: number;
  /** @default the shorter side resized, the longer one cropped to the centre, transparent parts on white */
  readonly fit?: ImageFit | undefined;
}

/**
 * Decodes an image from the bytes of a file to a frame of red, green and blue, upright. The decoder gets bytes rather than a path, so
 * that an SVG cannot refer to other files, such as a pipe that never responds.
 * @throws DamagedImageError that says why the image cannot be decoded
 */
export async function decodeBytes(
  bytes: Buffer,
  { size, fit = defaultFit }: FrameOptions,
  maxPixels: number = defaultMaxPixels,
): Promise<SizedImage> {
  checkDrawing(bytes);
  const target = { side: frameSide(size, fit), fit };
  try {
    return await decoded(bytes, target, maxPixels);
  } catch (error) {
    const whole = await withEndMarker(bytes, error, maxPixels);
    if (whole) return frameOf(sharp(whole, { failOn: 'error', limitInputPixels: maxPixels }), target);
    throw await plainReason(bytes, error, maxPixels);
  }
}

/** Samples of 8 bits `[height, width, 1 or 3]` as a frame. One that needs no resizing keeps its channels. */
export async function resizedFrame(
  image: SizedImage,
  { size, fit = defaultFit }: FrameOptions,
): Promise<SizedImage> {
  const { width, height, pixels } = image;
  const side = frameSide(size, fit);
  if (width === side && height === side) return image;
  const channels = (pixels.length / (width * height)) as 1 | 3;
  return frameOf(sharp(pixels, { raw: { width, height, channels } }), { side, fit });
}

interface Target {
  /** The shorter side of the frame. */
  readonly side: number;
  readonly fit: ImageFit;
}

async function decoded(bytes: Buffer, target: Target, maxPixels: number): Promise<SizedImage> {
  const tags = tiffTags(bytes);
  const layout = tags && tiffSamples(tags);
  if (tags && layout) {
    const { data, ...raw } = await readSamples(bytes, tags, layout, maxPixels);
    return frameOf(sharp(data, { raw, limitInputPixels: maxPixels }), target);
  }
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels });
  const resized = await resizedImage(image, target, isPngOfSize(bytes, target.side));
  if (hasWideSamples(bytes, tags) && resized.pixels.every((value) => value === 0)) await checkBlack(image);
  return filled(resized, target);
}

async function frameOf(image: Sharp, target: Target): Promise<SizedImage> {
  return filled(await resizedImage(image, target), target);
}

/** The image in the frame's size; if it shall be contained, of that size at most. */
async function resizedImage(image: Sharp, target: Target, isOfSize = false): Promise<SizedImage> {
  const { background } = target.fit;
  const isWhite = background.toLowerCase() === defaultFit.background;
  // The decoder puts grey images on grey only, so that another colour is put behind them last.
  const keepsAlpha = isOfSize || !isWhite;
  const { width, height, options } = await resizing(image, target);
  const { data, info } = await image
    .rotate()
    .flatten(!keepsAlpha && { background: '#ffffff' })
    .resize(width, height, options)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const size = { width: info.width, height: info.height };
  if (keepsAlpha && info.channels === 4) return { ...size, pixels: onColour(data, rgbOf(background)) };
  if (info.channels !== 3) throw new DamagedImageError(`an image with ${info.channels} bands cannot be read`);
  return { ...size, pixels: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** How the decoder resizes. Only crops at random places depend on the image's height and width. */
async function resizing(
  image: Sharp,
  { side, fit: { fit, fitPosition, randomCrop } }: Target,
): Promise<{ readonly width: number; readonly height: number; readonly options: ResizeOptions }> {
  if (fit === 'contain') return { width: side, height: side, options: { fit: 'inside' } };
  if (fit === 'stretch') return { width: side, height: side, options: { fit: 'fill' } };
  const options: ResizeOptions = { fit: 'cover', position: sharpPosition(fitPosition) };
  if (randomCrop === null) return { width: side, height: side, options };
  const { width, height } = (await image.metadata()).autoOrient;
  return { ...coveringFrame(width, height, side), options };
}

/** `top_left` as `left top`. */
function sharpPosition(position: FitPosition): string {
  return position.split('_').reverse().join(' ');
}

function filled(image: SizedImage, { side, fit: { fit, fitPosition, background } }: Target): SizedImage {
  return fit === 'contain' ? paddedTo(side, image, fitPosition, rgbOf(background)) : image;
}

/** Red, green and blue of `#rrggbb`. */
function rgbOf(colour: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
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

/** Red, green and blue of pixels with alpha, blended with a colour and rounded as the decoder does it. */
export function onColour(pixels: Uint8Array, [red = 0, green = 0, blue = 0]: readonly number[]): Uint8Array {
  const result = new Uint8Array((pixels.length / 4) * 3);
  for (let source = 0, target = 0; source < pixels.length; source += 4, target += 3) {
    const alpha = pixels[source + 3] ?? 0;
    const rest = 255 - alpha;
    result[target] = ((pixels[source] ?? 0) * alpha + red * rest) / 255;
    result[target + 1] = ((pixels[source + 1] ?? 0) * alpha + green * rest) / 255;
    result[target + 2] = ((pixels[source + 2] ?? 0) * alpha + blue * rest) / 255;
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
