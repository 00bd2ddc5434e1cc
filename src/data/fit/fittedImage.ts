import { cut, describeValue, printable } from '../../base/messageText.js';
import { defaultFit, fitKey, type ImageFit } from '../../config/imageFit.js';
import type { ImageChannels } from '../../config/types.js';
import { DamagedImageError } from '../damagedImageError.js';
import type { DecodeResult } from '../dataset.js';
import { DatasetError } from '../datasetError.js';
import { decodeBytes, resizedFrame } from '../decodeImage.js';
import type { EncodedImage } from '../encodedImage.js';
import { isBytes } from '../isBytes.js';
import { isOwnGrid } from '../ownPictures.js';
import { pixelsProblem } from '../pixelsProblem.js';
import type { SizedImage } from '../sizedImage.js';
import { withChannels } from '../withChannels.js';
import { frameSide } from './frame.js';

/** What a model's images are. */
export interface FittedOptions {
  /** Height and width of the model's images. */
  readonly size: number;
  /** Colours of a pixel: what the dataset returns is converted to them. */
  readonly channels: ImageChannels;
  /** @default the shorter side resized, the longer one cropped to the centre, transparent parts on white */
  readonly fit?: ImageFit | undefined;
  /** Encoded images with more pixels are refused, unless the dataset has its own limit. @default as in sharp */
  readonly maxPixels?: number | undefined;
}

/**
 * The frame of what `decode` of a dataset returned.
 *
 * @param where for messages: the names of dataset and item
 * @throws DamagedImageError when the bytes of a file are no image that can be read
 * @throws DatasetError when it is none of the things that `decode` may return
 */
export async function fittedImage(
  result: DecodeResult,
  where: { readonly dataset: string; readonly item: string },
  { size, channels, fit = defaultFit, maxPixels }: FittedOptions,
): Promise<SizedImage> {
  const refuse = (problem: string) =>
    new DatasetError(where.dataset, `the result of decode() ${problem} for "${cut(printable(where.item))}"`);
  if (isEncoded(result)) {
    const { file } = result;
    const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
    if (isOwnGrid(bytes)) throw new DamagedImageError('a grid of images written by nvae');
    return withChannels(await decodeBytes(bytes, { size, fit }, result.maxPixels ?? maxPixels), channels);
  }
  if (isSized(result)) {
    const problem = sizedProblem(result);
    if (problem !== null) throw refuse(problem);
    return withChannels(await resizedFrame(result, { size, fit }), channels);
  }
  const side = frameSide(size, fit);
  const problem = pixelsProblem(result, side, [3, 1]);
  if (problem !== null) throw refuse(problem);
  if (fitKey({ ...fit, randomCrop: null }) !== undefined) {
    const how = 'is a square that cannot be fitted again, but fit, fit_position or background is set';
    throw refuse(
      `${how}: return { width, height, pixels } or { file } of the whole image, or remove these keys,`,
    );
  }
  return withChannels({ width: side, height: side, pixels: result }, channels);
}

function isEncoded(result: DecodeResult): result is EncodedImage {
  return isBytes((Object(result) as Partial<EncodedImage>).file);
}

function isSized(result: DecodeResult): result is SizedImage {
  const { width, height, pixels } = Object(result) as Partial<SizedImage>;
  return width !== undefined && height !== undefined && pixels !== undefined;
}

function sizedProblem({ width, height, pixels }: SizedImage): string | null {
  const isSize = [width, height].every((side) => Number.isSafeInteger(side) && side > 0);
  const area = width * height;
  if (isSize && isBytes(pixels) && (pixels.length === area || pixels.length === 3 * area)) return null;
  const got = isBytes(pixels) ? `${pixels.length} values` : describeValue(pixels);
  const expected = 'must have width * height * 3 values, or width * height for grey';
  return `${expected}, got ${got} for ${describeValue(width)} x ${describeValue(height)}`;
}
